"""Search: what learners type, and what they then want to see first."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

GLOSSARY = "reference/glossary.html#term-"
MATHS = "before/maths-words.html#"
RUN = "before/where-to-run.html#"
PLAIN = "before/fine-tuning-in-plain-english.html"
LUCK = "day/was-it-luck.html"
ANSWERS = "day/worksheet.html#where-your-answers-are"
LAPTOP = "test-this-laptop.html"
OFFLINE = "keep-for-offline.html"
AIDS = "reference/what-is-stored.html#known-limits-of-accessibility"
BAD_LOSS = RUN + "the-loss-leaps-or-is-nan-or-never-moves"
STEEPER = "before/downhill-by-eye.html#what-the-slider-does"

# What a learner types, and what they want: its title and its address.
WANTED = {
    # Words.
    "what is an epoch": ("epoch", GLOSSARY + "epoch"),
    "epochs": ("epoch", GLOSSARY + "epoch"),
    "learning rate": ("learning rate", GLOSSARY + "learning-rate"),
    "learning rat": ("learning rate", GLOSSARY + "learning-rate"),
    "learnign rate": ("learning rate", GLOSSARY + "learning-rate"),
    "overfitting": ("overfitting", GLOSSARY + "overfitting"),
    "overfiting": ("overfitting", GLOSSARY + "overfitting"),
    "overfitted": ("overfitting", GLOSSARY + "overfitting"),
    "macro f1": ("macro-F1", GLOSSARY + "macro-F1"),
    "confusion matrix": ("confusion matrix", GLOSSARY + "confusion-matrix"),
    "confusion matrices": ("confusion matrix", GLOSSARY + "confusion-matrix"),
    "seed": ("seed", GLOSSARY + "seed"),
    "batch size": ("batch, mini-batch", GLOSSARY + "batch"),
    "LoRA": ("LoRA", GLOSSARY + "LoRA"),
    "warm-up": ("warm-up", GLOSSARY + "warm-up"),
    "warmup": ("warm-up", GLOSSARY + "warm-up"),
    "warm up": ("warm-up", GLOSSARY + "warm-up"),
    "optimiser": ("optimiser", GLOSSARY + "optimiser"),
    "optimizer": ("optimiser", GLOSSARY + "optimiser"),
    "regularization": ("regularisation", GLOSSARY + "regularisation"),
    "fine-tuning": ("fine-tuning", GLOSSARY + "fine-tuning"),
    "fine tuning": ("fine-tuning", GLOSSARY + "fine-tuning"),
    "finetune": ("fine-tuning", GLOSSARY + "fine-tuning"),
    "hyperparameters": ("dial, hyperparameter", GLOSSARY + "dial"),
    "baseline": ("yardstick, baseline", GLOSSARY + "yardstick"),
    "sgd": ("gradient descent, SGD", GLOSSARY + "gradient-descent"),
    "converged": ("convergence, converged", GLOSSARY + "convergence"),
    "what does softmax do": ("softmax", GLOSSARY + "softmax"),
    "validation loss": ("validation loss", GLOSSARY + "validation-loss"),
    "gradient descent formula": ("Gradient descent", MATHS + "gradient-descent"),
    # Places.
    "worksheet": ("Worksheet", "day/worksheet.html"),
    "print": ("Where your answers are", ANSWERS),
    "hand in": ("Where your answers are", ANSWERS),
    "save my answers": ("Where your answers are", ANSWERS),
    "delete my answers": ("Delete everything", "day/worksheet.html#delete-everything"),
    "offline": ("Keep for offline", OFFLINE),
    "no wifi": ("The network in the room gives up", RUN + "the-network-in-the-room-gives-up"),
    "activity 3": ("Activity 3: a learning-rate experiment", "day/activity-3-learning-rate-experiment.html"),
    "curve diagnosis": ("Activity 1: curve diagnosis", "day/activity-1-curve-diagnosis.html"),
    "decision log": ("Decision log", "after/decision-log.html"),
    "glossary": ("Glossary", "reference/glossary.html"),
    "cheatsheet": ("Cheat sheet", "before/cheat-sheet.html"),
    "evidence": ("Evidence map", "after/evidence-map.html"),
    "ksb": ("Evidence map", "after/evidence-map.html"),
    "horizon scan": (
        "Activity 7: reflection and horizon scan",
        "day/activity-7-reflection-and-horizon-scan.html",
    ),
    "was it luck": ("Was it luck?", LUCK),
    "test my laptop": ("Test this laptop", LAPTOP),
    "colab": ("Colab", RUN + "colab"),
    "how long does it take": ("The parts of the day", "day/index.html#the-parts-of-the-day"),
    "dark mode": ("Known limits of accessibility", AIDS),
    "text size": ("Known limits of accessibility", AIDS),
    "color": ("Known limits of accessibility", AIDS),
    # Trouble and questions.
    "learning rate too high": ("What the slider does", STEEPER),
    "loss going up": ("The loss leaps, or is “nan”, or never moves", BAD_LOSS),
    "nan loss": ("The loss leaps, or is “nan”, or never moves", BAD_LOSS),
    "why is my accuracy 33%": (
        "5. What “33 %” hides (3 minutes)",
        "day/activity-2-set-up-and-yardsticks.html#what-33-hides-3-minutes",
    ),
    "validation loss lower than training loss": (
        "Validation below training: broken?",
        "before/reading-a-curve.html#validation-below-training-broken",
    ),
    "loss not going down": ("What flat can mean", "before/reading-a-curve.html#what-flat-can-mean"),
    "python error": ("When something goes wrong", RUN + "when-something-goes-wrong"),
    "how many epochs": ("When to stop", PLAIN + "#when-to-stop"),
    "when should I stop training": ("When to stop", PLAIN + "#when-to-stop"),
    "NameError": ("“NameError: name … is not defined”", RUN + "nameerror-name-is-not-defined"),
    "webassembly": (
        "A cell says “This browser does not run WebAssembly”",
        RUN + "a-cell-says-this-browser-does-not-run-webassembly",
    ),
    "tokenizer": (
        "3. Know the speed dials (3 minutes)",
        "day/activity-2-set-up-and-yardsticks.html#know-the-speed-dials-3-minutes",
    ),
    "5e-5": ("0.00002 or 0.00005?", LUCK + "#or-0-00005"),
    "0.00002": ("0.00002 or 0.00005?", LUCK + "#or-0-00005"),
    "0,00005": ("0.00002 or 0.00005?", LUCK + "#or-0-00005"),
}


@pytest.fixture(scope="module")
def searching(shared_page: Page, site: str):
    """Search for something; the page, once it has said what it found."""
    shared_page.goto(f"{site}/search.html")

    def search(query: str) -> Page:
        shared_page.get_by_label("Words to look for").fill(query)
        shared_page.keyboard.press("Enter")
        expect(shared_page.get_by_role("status")).to_contain_text(f"“{query}”")
        return shared_page

    return search


def titles(page: Page) -> list[str]:
    return page.locator("#search-results h2").all_inner_texts()


@pytest.mark.parametrize("query", WANTED)
def test_what_is_wanted_comes_first(searching, site, query):
    first = searching(query).locator("#search-results a").first
    found = first.inner_text(), first.evaluate("(link) => link.href").removeprefix(f"{site}/")
    assert found == WANTED[query]


def test_every_address_is_there(searching, html):
    # Each kind of entry: pages, sections and terms.
    entries = json.loads((html / "search.json").read_text("utf-8"))
    assert {entry["kind"] for entry in entries} == {"page", "section", "term"}
    pages = {entry["page"]: (html / f"{entry['page']}.html").read_text("utf-8") for entry in entries}
    lost = [e for e in entries if e["place"] and f'id="{e["place"]}"' not in pages[e["page"]]]
    assert lost == []


def test_a_term_is_explained_in_the_list_and_its_words_are_marked(searching):
    result = searching("what is an epoch").locator("#search-results li").first
    expect(result).to_contain_text("One pass through the whole training set.")
    assert set(result.locator("mark").all_inner_texts()) == {"epoch"}
    expect(result.locator(".search-where")).to_have_text("Reference · Glossary")


def test_what_is_found_by_another_word_for_it_is_quoted_from_its_beginning(searching):
    result = searching("no wifi").locator("#search-results li").first
    expect(result).to_contain_text("Why: Many laptops at once, or a train.")
    assert result.locator("mark").count() == 0


def test_a_section_is_quoted_where_the_words_are(searching):
    result = searching("thermostats").locator("#search-results li").first
    assert result.locator("mark").all_inner_texts() == ["thermostat"]


def test_a_slip_of_the_finger_is_named(searching):
    said = searching("learnign rate").get_by_role("status")
    expect(said).to_contain_text("Nothing for “learnign rate”. Shown for “learning rate”")
    # In the book's own spelling.
    expect(searching("optimisor").get_by_role("status")).to_contain_text("Shown for “optimiser”")


def test_where_few_places_have_all_words_those_with_some_follow(searching):
    said = searching("dark mood").get_by_role("status").inner_text()
    found = re.search(r": (\d+) places, each with some of the words", said)
    assert found, said
    assert int(found[1]) == len(titles(searching("dark mood")))


def test_one_letter_gives_the_glossary(searching):
    page = searching("e")
    assert titles(page) == ["early stopping", "epoch"]


@pytest.mark.parametrize("query", ["certificate", "what is it", "?"])
def test_nothing_found_says_where_to_look(searching, query):
    page = searching(query)
    expect(page.get_by_role("status")).to_contain_text("Nothing in the book for")
    assert titles(page) == []
    expect(page.get_by_role("main").get_by_role("link", name="Glossary")).to_be_visible()


def test_what_is_typed_is_text_and_nothing_else(searching):
    page = searching("<img src=x onerror=alert(1)> <b>seed</b>")
    expect(page.get_by_role("status")).to_contain_text("“<img src=x onerror=alert(1)> <b>seed</b>”")
    assert page.locator("main img, main b").count() == 0


def test_what_learners_read_comes_before_what_coaches_do(searching):
    page = searching("what to say to the group")
    while page.get_by_role("button", name="Show more").is_visible():
        page.get_by_role("button", name="Show more").click()
    links = [link.get_attribute("href") for link in page.locator("#search-results a").all()]
    coaches = [link.startswith(("coach/", "reference/api")) for link in links]
    assert any(coaches)
    assert coaches == sorted(coaches)


def test_the_key_is_found_by_its_title_alone(searching):
    page = searching("key to Activity 1")
    title = page.get_by_role("heading", name="For coaches alone: the key to Activity 1")
    key = page.locator("#search-results li").filter(has=title)
    expect(key).to_have_count(1)
    assert key.locator("p").all_inner_texts() == ["For coaches"]
    assert not [
        title for title in titles(searching("curve 5 learning rate far too high")) if "Curve 5" in title
    ]


def test_more_of_many_are_shown_when_asked_for(searching):
    page = searching("loss")
    assert len(titles(page)) == 20
    page.get_by_role("button", name="Show more").click()
    assert len(titles(page)) == 40
    expect(page.locator("#search-results li").nth(20).get_by_role("link")).to_be_focused()


def test_typing_searches_and_the_address_keeps_the_words(page, site):
    page.goto(f"{site}/search.html")
    page.get_by_label("Words to look for").press_sequentially("momentum")
    expect(page.get_by_role("link", name="momentum", exact=True).first).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?q=momentum$"))
    page.reload()
    expect(page.get_by_label("Words to look for")).to_have_value("momentum")
    expect(page.get_by_role("link", name="momentum", exact=True).first).to_be_visible()
    page.get_by_label("Words to look for").fill("")
    expect(page.get_by_role("heading", name="Where to look")).to_be_visible()
    expect(page).to_have_url(re.compile(r"search\.html$"))


def test_from_any_page_by_keyboard_alone(page, site):
    page.goto(f"{site}/before/downhill-by-eye.html")
    page.get_by_role("searchbox", name="Search the book").focus()
    page.keyboard.type("curvature")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site}/reference/glossary.html#term-curvature")


def test_an_index_that_does_not_arrive_is_said_and_asked_for_again(page, site, watch):
    watch.expect_error("Failed to (fetch|load)")
    page.route("**/search.json", lambda route: route.abort())
    page.goto(f"{site}/search.html?q=seed")
    expect(page.get_by_role("status")).to_contain_text("did not arrive")
    page.unroute("**/search.json")
    page.get_by_role("main").get_by_role("button", name="Search").click()
    expect(page.get_by_role("link", name="seed", exact=True).first).to_be_visible()


def test_without_javascript_it_says_what_else_leads_to_a_word(new_context, site):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{site}/search.html?q=seed")
    assert "Search needs JavaScript" in page.get_by_role("main").inner_text()
    expect(page.get_by_label("Words to look for")).to_be_hidden()
    expect(page.get_by_role("main").get_by_role("link", name="Glossary")).to_be_visible()
