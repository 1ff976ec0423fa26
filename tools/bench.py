"""Measure what the site promises about weight and speed, and write the table into the README.

Everything in one table is measured in one run on one machine, ours beside what it is compared with:
a page of the same content built by stock Jupyter Book, and a bare page that only loads Pyodide and prints.
The speed of a page of each kind is measured by Lighthouse. Costs about twelve minutes. Nothing else heavy may
run beside it.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tools import browser as chromium
from tools import build, lighthouse, site

REPOSITORY = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).with_suffix(".json")
README = REPOSITORY / "README.md"
PROSE = "before/fine-tuning-in-plain-english"
REPEATS = 5

# The whole of a page that loads Pyodide in a module worker and prints: what nobody can be faster than.
BARE_PAGE = """<!doctype html><title>bare</title><button>Run</button><pre></pre><script>
document.querySelector("button").onclick = () => {
  const source = `import { loadPyodide } from "${new URL("_static/pyodide/pyodide.mjs", location)}";
    const python = await loadPyodide({ indexURL: "${new URL("_static/pyodide/", location)}",
      lockFileURL: "${new URL("_static/wheels/pyodide-lock.json", location)}" });
    python.setStdout({ batched: (text) => postMessage(text) });
    python.runPython("print('first output')");`;
  const script = new Blob([source], { type: "text/javascript" });
  const worker = new Worker(URL.createObjectURL(script), { type: "module" });
  worker.onmessage = ({ data }) => document.querySelector("pre").append(data);
};
</script>"""

# 600 of our headlines, ten epochs, the page model's three rates.
TRAINING = """
import time
from random import Random
from lab import corpus, page_model, scratch
headlines = Random(0).sample(corpus.load("headlines"), 600)
labels = [corpus.LABELS.index(headline.label) for headline in headlines]
started = time.perf_counter()
rows = scratch.TfidfVectorizer(min_df=2).fit_transform(headline.text for headline in headlines)
for rate in page_model.PRESETS.values():
    model = scratch.SoftmaxRegression(1 + max(max(row) for row in rows), 3)
    data = (rows, labels)
    validation = rows[:180], labels[:180]
    for evaluation in scratch.train(model, data, validation, scratch.SGD(rate), 10, 16, Random(0)):
        pass
print("seconds", round(time.perf_counter() - started, 3))
"""


def main(arguments: list[str]) -> None:
    html = build.build()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        stock = stock_book(Path(folder))
        browser = playwright.chromium.launch(**chromium.launch_options())
        bare = Path(folder) / "bare"
        shutil.copytree(html / "_static" / "pyodide", bare / "_static" / "pyodide")
        shutil.copytree(html / "_static" / "wheels", bare / "_static" / "wheels")
        (bare / "index.html").write_text(BARE_PAGE, "utf-8")
        with site.serve(html) as ours, site.serve(stock) as theirs, site.serve(bare) as least:
            results = {
                "machine": f"{platform.system()} {platform.machine()}, "
                f"{browser.browser_type.name} {browser.version}",
                "prose_page": PROSE,
                "prose": {
                    "ours": weigh(browser, f"{ours}{PROSE}.html"),
                    "stock": weigh(browser, f"{theirs}{PROSE}.html"),
                },
                "first_output_s": first_output(browser, ours, least),
                "prestarted_ms": prestarted(browser, ours),
                "training_s": training(browser, ours),
            }
            browser.close()
            results["pages"] = lighthouse.measure(ours)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8", newline="\n")
    write_table(results)
    print(table(results))
    if broken := out_of_bounds(results):
        raise SystemExit("Out of bounds: " + "; ".join(broken) + ".")


def stock_book(folder: Path) -> Path:
    """The same prose page, its roles turned into the text they show, built by Jupyter Book as it comes."""
    source = folder / "stock"
    toc = (REPOSITORY / "_toc.yml").read_text("utf-8")
    for page in ["index", *re.findall(r"file: (\S+)", toc)]:
        path = source / f"{page}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        title = re.search(r"^# (.*)$", (REPOSITORY / "book" / f"{page}.md").read_text("utf-8"), re.M)
        path.write_text(f"# {title[1] if title else page}\n", "utf-8")
    text = (REPOSITORY / "book" / f"{PROSE}.md").read_text("utf-8")
    text = re.sub(r"\{(?:term|doc|ref|run)\}`([^`<]*?)(?:\s*<[^`>]*>)?`", r"\1", text)
    (source / f"{PROSE}.md").write_text(text, "utf-8")
    shutil.copy(REPOSITORY / "_toc.yml", source)
    (source / "_config.yml").write_text(
        "title: Downhill\nauthor: The Downhill authors\nonly_build_toc_files: true\n", "utf-8"
    )
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(source)]
    subprocess.run(command, check=True, capture_output=True)
    return source / "_build" / "html"


@contextmanager
def fresh_page(browser: Browser, *, save_data: bool = False) -> Iterator[Page]:
    """A page in a profile with an empty cache; with ``save_data`` nothing starts before it is asked for."""
    context = browser.new_context()
    if save_data:
        context.add_init_script(
            "Object.defineProperty(navigator, 'connection', { value: { saveData: true } })"
        )
    yield context.new_page()
    context.close()


def weigh(browser: Browser, address: str) -> dict[str, int]:
    """Bytes over the wire, compressed, and requests of one page, cold, fonts included."""
    with fresh_page(browser) as page:
        received = count_bytes(page)
        page.goto(address, wait_until="networkidle")
        page.wait_for_timeout(1500)
        return {"bytes": sum(received.values()), "requests": len(received)}


def count_bytes(page: Page) -> dict[str, int]:
    """The bytes of each request of ``page``, by its id: it fills while the page loads."""
    received: dict[str, int] = {}
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")

    def asked(event: dict[str, Any]) -> None:
        received.setdefault(event["requestId"], 0)

    def finished(event: dict[str, Any]) -> None:
        received[event["requestId"]] = int(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", asked)
    session.on("Network.loadingFinished", finished)
    return received


def write_code(page: Page, code: str) -> Any:
    """Put ``code`` into the page's first cell, as a reader would, and return the cell."""
    cell = page.locator(".cell").first
    cell.scroll_into_view_if_needed()
    cell.locator(".cell_input").click()
    editor = cell.get_by_role("textbox")
    editor.wait_for()
    editor.fill(code)
    return cell


def first_output(browser: Browser, ours: str, least: str) -> dict[str, Any]:
    """Seconds from Run to the first output, cold, ours and the bare page in turn."""
    times: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(REPEATS):
        with fresh_page(browser) as page:
            page.goto(least)
            times["bare"].append(seconds_until(page, "button", "pre", "first output"))
        with fresh_page(browser, save_data=True) as page:
            page.goto(ours)
            write_code(page, "print('first output')")
            times["ours"].append(seconds_until(page, ".live-run", ".live-output", "first output"))
    return {name: {"median": median(values), "all": values} for name, values in times.items()} | {
        "ratio": median(times["ours"]) / median(times["bare"])
    }


def seconds_until(page: Page, button: str, place: str, text: str) -> float:
    """Press ``button`` and measure in the page itself, to 2 ms, until ``text`` stands in ``place``."""
    return float(
        page.evaluate(
            """async ([button, place, text]) => {
              const places = () => [...document.querySelectorAll(place)];
              const said = () => places().some((node) => node.textContent.includes(text));
              if (said()) throw new Error(`"${text}" is there before the button was pressed`);
              const started = performance.now();
              document.querySelector(button).click();
              while (!said()) await new Promise((next) => setTimeout(next, 2));
              return (performance.now() - started) / 1000;
            }""",
            [button, place, text],
        )
    )


def prestarted(browser: Browser, ours: str) -> dict[str, Any]:
    """Milliseconds from Run to output once Python has started by itself."""
    times = []
    with fresh_page(browser) as page:
        page.goto(ours)
        cell = write_code(page, "print('warm')")
        cell.locator(".live-run").click()
        cell.locator(".live-output", has_text="warm").wait_for(timeout=60_000)
        for number in range(REPEATS):
            write_code(page, f"print('output', {number})")
            times.append(1000 * seconds_until(page, ".live-run", ".live-output", f"output {number}"))
    return {"median": median(times), "all": times}


def training(browser: Browser, ours: str) -> float:
    """Seconds that training at three rates takes in this browser's Python, by Python's own clock."""
    with fresh_page(browser) as page:
        page.goto(ours)
        cell = write_code(page, TRAINING)
        cell.locator(".live-run").click()
        output = cell.locator(".live-output", has_text="seconds")
        output.wait_for(timeout=120_000)
        found = re.search(r"seconds ([\d.]+)", output.inner_text())
        if not found:
            raise SystemExit("The training cell printed no time: " + output.inner_text())
        return float(found[1])


def out_of_bounds(results: dict[str, Any]) -> list[str]:
    """The promises that this run did not keep, in words."""
    prose, first = results["prose"], results["first_output_s"]
    kept = {
        "a prose page weighs more than a third of the stock one": prose["ours"]["bytes"] * 3
        <= prose["stock"]["bytes"],
        "a prose page makes more than 20 requests": prose["ours"]["requests"] <= 20,
        "the first output takes more than 1.3 times the bare page's": first["ratio"] <= 1.3,
        "output takes 100 ms or more once Python has started": results["prestarted_ms"]["median"] < 100,
        "three training runs take more than 2 s": results["training_s"] <= 2,
    }
    broken = [promise for promise, held in kept.items() if not held]
    return broken + [sentence.rstrip(".") for sentence in lighthouse.below_floor(results["pages"])]


def table(results: dict[str, Any]) -> str:
    """The README's table, in Markdown."""
    prose, first = results["prose"], results["first_output_s"]
    share = prose["ours"]["bytes"] / prose["stock"]["bytes"]
    lines = [
        "| what | ours | compared with | bound |",
        "|---|---|---|---|",
        f"| a prose page, cold, compressed, fonts included | {prose['ours']['bytes'] / 1000:.0f} kB"
        f" | {prose['stock']['bytes'] / 1000:.0f} kB by stock Jupyter Book: {share:.0%} | at most a third |",
        f"| requests of that page | {prose['ours']['requests']}"
        f" | {prose['stock']['requests']} by stock Jupyter Book"
        " | at most 20 |",
        f"| from Run code to the first output, cold | {first['ours']['median']:.2f} s"
        f" | {first['bare']['median']:.2f} s by a bare page with Pyodide: {first['ratio']:.2f} times"
        " | at most 1.3 times |",
        f"| the same once Python has started | {results['prestarted_ms']['median']:.0f} ms |"
        " | under 100 ms |",
        f"| three training runs on 600 headlines in the page | {results['training_s']:.2f} s |"
        " | at most 2 s |",
        "",
        f"Measured in one run by `make bench` on {results['machine']}; "
        f"times to an output are medians of {REPEATS}.",
        "",
        "| a page of each kind, as on a slow phone | performance, of 100 | first paint | layout shift"
        " | blocked for | main thread at work |",
        "|---|---|---|---|---|---|",
        *(
            f"| {kind} | {page['score']} | {page['paint_ms'] / 1000:.1f} s | {page['shift']:.3f}"
            f" | {page['blocking_ms']:.0f} ms | {page['main_ms'] / 1000:.1f} s |"
            for kind, page in results["pages"].items()
        ),
        "",
        "By Lighthouse, which works out what a phone four times slower would do on a slow 4G line; "
        f"medians of {lighthouse.REPEATS}. CI refuses less than {lighthouse.FLOOR}.",
    ]
    return "\n".join(lines)


def write_table(results: dict[str, Any]) -> None:
    readme = README.read_text("utf-8")
    start, end = "<!-- bench: written by make bench -->", "<!-- /bench -->"
    if start not in readme or end not in readme:
        raise SystemExit(f"README.md lacks the two lines between which the table goes: {start} and {end}")
    before, rest = readme.split(start)
    readme = f"{before}{start}\n{table(results)}\n{end}{rest.split(end)[1]}"
    README.write_text(readme, "utf-8", newline="\n")
