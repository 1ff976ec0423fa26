// Same score, different story: two runs, one score, and parts that open once the reader has said which to ship.
//
// Input    An element [data-widget="same-score"], as book/_ext/same_score.py writes it: .same-score-question, then folded
//          .same-score-part in their order, and .same-score-sentence, a field of the worksheet, where the chapter asks for it.
//            data-name  what the answer is kept by; it says nothing about the runs
// Output   The question as three choices. Once one is committed, the first part; each part that is opened brings the next.
// Events   None.
// Storage  "same-score.<data-name>" through answers.js: "run 1", "run 2" or "I cannot say". After a reload an answered
//          question has all its parts, folded.
// No JavaScript: the question, and all parts folded.

import { read, write } from "../answers.js";

const CHOICES = ["run 1", "run 2", "I cannot say"];

/** An element with attributes and children. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

class SameScore {
  constructor(root) {
    this.key = `same-score.${root.dataset.name}`;
    this.parts = [...root.querySelectorAll(".same-score-part")];
    this.sentence = root.querySelector(".same-score-sentence");
    this.build(root);
    const kept = read(this.key);
    if (CHOICES.includes(kept)) {
      this.settle(kept);
      this.reveal(this.parts.length);
    } else {
      this.reveal(0);
    }
    root.setAttribute("data-ready", "");
  }

  build(root) {
    const id = `same-score-${root.dataset.name}`;
    this.radios = CHOICES.map((choice) => make("input", { type: "radio", name: id, value: choice, required: "" }));
    const labels = CHOICES.map((choice, index) => make("label", {}, this.radios[index], ` ${choice[0].toUpperCase()}${choice.slice(1)}`));
    this.fields = make("fieldset", {}, make("legend", {}, "Which would you ship?"), ...labels);
    this.commit = make("button", { class: "primary" }, "Commit my answer");
    this.all = make("button", { type: "button" }, "Open everything");
    this.said = make("output", { class: "same-score-said" });
    this.form = make("form", {}, this.fields, make("div", { class: "same-score-buttons" }, this.commit, this.all), this.said);
    root.querySelector(".same-score-question").replaceChildren(this.form);

    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.answer(this.radios.find(({ checked }) => checked).value);
    });
    this.all.addEventListener("click", () => {
      this.reveal(this.parts.length);
      for (const part of this.parts) part.open = true;
    });
    this.parts.forEach((part, index) => {
      part.addEventListener("toggle", () => part.open && this.reveal(index + 2));
    });
  }

  answer(choice) {
    const kept = write(this.key, choice);
    this.settle(choice);
    if (!kept) this.said.append(" This browser does not keep answers, so it holds until you leave the page.");
    this.reveal(1);
    // The button that was pressed is gone.
    this.parts[0].querySelector("summary").focus();
  }

  settle(choice) {
    for (const radio of this.radios) radio.checked = radio.value === choice;
    this.fields.disabled = true;
    this.commit.hidden = true;
    const you = choice === CHOICES.at(-1) ? "that you cannot say" : choice;
    this.said.textContent = `You said: ${you}. Open the parts below, one after the other.`;
    const mirror = make("p", {}, `Before you opened anything you said: ${you}. Would you say so again?`);
    this.parts.at(-1).lastElementChild.append(mirror);
  }

  /** Show so many parts, and no fewer than before; the sentence comes with the last, which says what the runs were. */
  reveal(count) {
    this.shown = Math.max(count, this.shown ?? 0);
    this.all.hidden = this.shown === 0 || this.shown >= this.parts.length;
    this.parts.forEach((part, index) => (part.hidden = index >= this.shown));
    if (this.sentence) this.sentence.hidden = this.shown < this.parts.length;
  }
}

for (const root of document.querySelectorAll('[data-widget="same-score"]')) {
  try {
    new SameScore(root);
  } catch (error) {
    root.setAttribute("data-ready", "");
    console.error(`same-score: ${error.message}`);
  }
}
