// Checks: a form in place of the folds that the quiz directive writes, and what is said of an answer.
//
// Input    An element [data-widget="quiz"], as book/_ext/quiz.py writes it:
//            data-name, data-kind  the check's name in the book; single, multiple, order, number or match
//            .quiz-asked           the sentence that asks
//            .quiz-still           what a reader without JavaScript sees; upgraded, it is for paper, without any answer
//            script.data           single, multiple  {right}: the numbers of the right options
//                                  order             {order}: for each item as shown, its number in the right order
//                                  number            {answer, tolerance}
//                                  match             {right}: for each left, the number of its right as shown
// Output   The form and, after a check, what is said of the answer, all inside the element.
// Events   None.
// Storage  "quiz <name>" through answers.js: {choice, checked} as JSON. A choice is the option's words (single), a list
//          of them (multiple, order), the text as it was typed (number), or right words by left words (match).
//          What does not fit the check as it is now counts for nothing.
// No JavaScript, or data that is wrong: the element stays as it is.

import { read, write } from "../answers.js";

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const PERCENT = /\s*(?:%|per ?cent)$/;
const GROUPED = /^[+-]?[1-9]\d{0,2}(?:,\d{3})+(?![\d,])/;
const NUMBER = /^([+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+))(?:e([+-]?\d+)|x10\^\(?([+-]?\d+)\)?|x10([+-]\d+))?$/;

/** The number that a reader wrote, or null: 0.5, .5 and 0,5; 50 %; 1,000 and 1 000; 2e-5, 2×10^-5 and 2×10⁻⁵. */
export function readNumber(text) {
  const typed = text.trim().toLowerCase();
  let plain = typed
    .replace(PERCENT, "")
    .replace(/[−–⁻]/g, "-")
    .replaceAll("**", "^")
    .replace(/\s*[x×*·⋅]\s*/g, "x")
    .replace(/(?<=10)(-?)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)$/, (_, sign, power) =>
      `^${sign}${[...power].map((digit) => SUPERSCRIPTS.indexOf(digit)).join("")}`)
    .replace(/(?<=\d)\s(?=\d{3}(?!\d))/g, "")
    .replace(/^([+-]?)10\^/, (_, sign) => `${sign}1x10^`);
  if (GROUPED.test(plain)) plain = plain.replaceAll(",", "");
  const found = NUMBER.exec(plain);
  if (!found) return null;
  const power = Number(found[2] ?? found[3] ?? found[4] ?? 0) - (PERCENT.test(typed) ? 2 : 0);
  // Written with its power and then read, the number is the nearest there is; multiplied, it would not always be.
  const value = Number(`${found[1].replace(",", ".")}e${power}`);
  return Number.isFinite(value) ? value : null;
}

/** Whether a number is within the tolerance; the last digits of a computer's sums do not count. */
export function near(value, { answer, tolerance }) {
  return Math.abs(value - answer) <= tolerance + 1e-9 * Math.max(Math.abs(answer), tolerance);
}

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const wordsOf = (element) => element.textContent.trim().replace(/\s+/g, " ");

/** The words of an option for the form. A copy stays for paper: what listens to the words themselves must go on. */
function taken(element) {
  const words = make("span", { class: "quiz-words" }, ...element.childNodes);
  element.append(...copy(words));
  return words;
}

function copy(words) {
  const copied = words.cloneNode(true);
  for (const element of copied.querySelectorAll("[id]")) element.removeAttribute("id");
  return copied.childNodes;
}

/** A sentence with a sign before it. The sentence alone says it all. */
function said(right, ...words) {
  const sign = make("span", { class: "quiz-sign", "aria-hidden": "true" }, right ? "✓" : "✗");
  return make("p", { class: "quiz-verdict", "data-right": right }, sign, make("span", {}, ...words));
}

const one = (right) => (right ? "Right." : "Not this one.");

/** A line of the form, and below it what is said of it after a check, until the reader changes it. */
class Row {
  constructor(tag, id, feedback, ...content) {
    this.id = id;
    this.feedback = feedback;
    this.reply = make("div", { class: "quiz-reply" });
    this.place = make(tag, { class: "quiz-row" }, ...content, this.reply);
    this.control = this.place.querySelector("input, select");
  }

  say(right, words) {
    const verdict = said(right, words);
    verdict.id = this.id;
    this.control?.setAttribute("aria-describedby", this.id);
    this.reply.replaceChildren(verdict, this.feedback);
  }

  clear() {
    this.control?.removeAttribute("aria-describedby");
    this.reply.replaceChildren();
  }
}

// Each kind: build() makes the form's fields; choice is what is kept; accept(choice) shows a kept one and says whether it
// could; missing() is what to say of an answer that cannot be checked yet, and where to go; judge() says what it is worth.
class Quiz {
  constructor(root) {
    this.root = root;
    this.name = root.dataset.name;
    this.data = JSON.parse(root.querySelector("script.data").textContent);
    this.still = root.querySelector(".quiz-still");
    this.rows = [];
    const asked = root.querySelector(".quiz-asked");
    const how = make("legend", { id: this.id("how") }, this.still.querySelector(".quiz-how").firstChild.textContent);
    this.said = make("div", { class: "quiz-said", role: "status" });
    this.more = make("div", { class: "quiz-more" });
    const fields = make("fieldset", { "aria-labelledby": `${asked.id} ${how.id}` }, how, ...this.build());
    this.button = make("button", { class: "primary" }, "Check my answer");
    this.form = make("form", { class: "quiz-form", autocomplete: "off", novalidate: "" }, fields, this.button);
    this.form.addEventListener("input", (event) => this.changed(event.target));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.check();
    });
    this.restore();
    // Nothing that gives an answer away stays in the page.
    for (const answer of this.still.querySelectorAll(".quiz-answer, .quiz-solution, .quiz-unfold")) answer.remove();
    root.append(this.form, this.said, this.more);
    root.dataset.ready = "";
  }

  id(...parts) {
    return ["quiz", this.name, ...parts].join("-");
  }

  restore() {
    let kept;
    try {
      kept = JSON.parse(read(`quiz ${this.name}`));
    } catch {
      return;
    }
    if (kept?.choice === undefined || !this.accept(kept.choice)) return;
    if (kept.checked === true && !this.missing()) this.show();
  }

  keep(checked) {
    write(`quiz ${this.name}`, JSON.stringify({ choice: this.choice, checked }));
  }

  /** What was said of the answer holds no longer, but for the rows that are as they were. */
  changed(control) {
    this.steady(control, () => {
      this.said.replaceChildren();
      this.more.replaceChildren();
      this.rows.find((row) => row.place.contains(control))?.clear();
    });
    this.keep(false);
  }

  check() {
    const missing = this.missing();
    if (missing) {
      this.said.replaceChildren(make("p", { class: "quiz-verdict" }, missing.words));
      missing.control.focus();
      return;
    }
    this.steady(this.button, () => this.show());
    // It may be wider than its place, and is then to be reached by keyboard: see site.js.
    this.root.dispatchEvent(new Event("toggle"));
    this.keep(true);
  }

  show() {
    const { right, words, feedback = [] } = this.judge();
    this.said.replaceChildren(said(right, ...words), ...feedback);
  }

  /** Changes the page and leaves the control where it is on the screen: the reader's pointer is on it. */
  steady(control, change) {
    const before = control.getBoundingClientRect().top;
    change();
    scrollBy({ top: control.getBoundingClientRect().top - before, behavior: "instant" });
  }
}

class Choice extends Quiz {
  build() {
    this.options = [...this.still.querySelectorAll(".quiz-option")].map((option, index) => {
      const words = taken(option.querySelector("summary"));
      const type = this.root.dataset.kind === "single" ? "radio" : "checkbox";
      const input = make("input", { type, name: this.id("choice") });
      const feedback = option.querySelector(".quiz-feedback");
      const label = make("label", { class: "quiz-option-label" }, input, words);
      const row = new Row("div", this.id(index, "said"), feedback, label);
      return { input, words, row, feedback, text: wordsOf(words), right: this.data.right.includes(index) };
    });
    this.rows = this.options.map(({ row }) => row);
    return this.rows.map(({ place }) => place);
  }

  get chosen() {
    return this.options.filter(({ input }) => input.checked);
  }

  missing() {
    if (this.chosen.length) return null;
    return { words: this.nothing, control: this.options[0].input };
  }
}

class Single extends Choice {
  nothing = "Choose one first.";

  get choice() {
    return this.chosen[0].text;
  }

  accept(choice) {
    const found = this.options.find(({ text }) => text === choice);
    if (found) found.input.checked = true;
    return Boolean(found);
  }

  judge() {
    const [chosen] = this.chosen;
    const others = this.options.filter((option) => option !== chosen);
    this.more.replaceChildren(
      make("p", { class: "quiz-how" }, "What we say of the others:"),
      ...others.map(({ words, right, feedback }) =>
        make("details", {}, make("summary", {}, ...copy(words)), make("div", {}, said(right, one(right)), feedback))),
    );
    return { right: chosen.right, words: [one(chosen.right)], feedback: [chosen.feedback] };
  }
}

class Multiple extends Choice {
  nothing = "Tick at least one first.";

  get choice() {
    return this.chosen.map(({ text }) => text);
  }

  accept(choice) {
    const texts = this.options.map(({ text }) => text);
    if (!Array.isArray(choice) || !choice.every((text) => texts.includes(text))) return false;
    for (const { input, text } of this.options) input.checked = choice.includes(text);
    return true;
  }

  judge() {
    for (const { input, right, row } of this.options) {
      const words = right ? ["Should be ticked.", "Rightly ticked."] : ["Rightly not ticked.", "Should not be ticked."];
      row.say(input.checked === right, words[Number(input.checked)]);
    }
    return counted(this.options.map(({ input, right }) => input.checked === right));
  }
}

/** What a check with many parts is worth. */
function counted(parts) {
  const right = parts.filter(Boolean).length;
  if (right === parts.length) return { right: true, words: ["Right. Each line says why."] };
  return { right: false, words: [`Not yet: ${right} of ${parts.length} right. Each line says why.`] };
}

class Order extends Quiz {
  build() {
    const solved = [...this.still.querySelectorAll(".quiz-solution .quiz-feedback")];
    const items = [...this.still.querySelectorAll(".quiz-items > li")].map((item, index) => {
      const words = taken(item);
      const place = this.data.order[index];
      const [up, down] = [-1, 1].map((by) => {
        const name = by < 0 ? "Up" : "Down";
        const button = make("button", { type: "button", "aria-label": `${name}: ${wordsOf(words)}` }, name);
        button.addEventListener("click", () => this.move(moved, by));
        return button;
      });
      const buttons = make("div", { class: "quiz-moves" }, up, down);
      const row = new Row("li", this.id(index, "said"), solved[place], make("div", { class: "quiz-item" }, words, buttons));
      const moved = { row, up, down, place, text: wordsOf(words) };
      return moved;
    });
    this.rows = items.map(({ row }) => row);
    this.list = make("ol", { class: "quiz-order", role: "list" });
    this.arrange(items);
    return [this.list];
  }

  arrange(items) {
    this.items = items;
    this.list.append(...items.map(({ row }) => row.place));
    this.ends();
  }

  /** The first cannot go up, nor the last down; a button that was disabled would lose the focus. */
  ends() {
    for (const [index, { up, down }] of this.items.entries()) {
      up.setAttribute("aria-disabled", index === 0);
      down.setAttribute("aria-disabled", index === this.items.length - 1);
    }
  }

  move(item, by) {
    const [from, to] = [this.items.indexOf(item), this.items.indexOf(item) + by];
    const other = this.items[to];
    if (!other) {
      this.tell(`“${item.text}” is ${by < 0 ? "first" : "last"} already.`);
      return;
    }
    // The other one moves: an element that is moved loses the focus.
    if (by < 0) item.row.place.after(other.row.place);
    else item.row.place.before(other.row.place);
    [this.items[from], this.items[to]] = [other, item];
    this.ends();
    other.row.clear();
    this.changed(item.row.place);
    this.tell(`“${item.text}” is now number ${to + 1} of ${this.items.length}.`);
  }

  tell(words) {
    this.said.replaceChildren(make("p", {}, words));
  }

  get choice() {
    return this.items.map(({ text }) => text);
  }

  accept(choice) {
    if (!Array.isArray(choice) || choice.length !== this.items.length) return false;
    const found = this.items.map((_, index) => this.items.find(({ text }) => text === choice[index]));
    if (new Set(found).size !== choice.length || found.includes(undefined)) return false;
    this.arrange(found);
    return true;
  }

  missing() {
    return null;
  }

  judge() {
    for (const [index, { row, place }] of this.items.entries()) {
      const words = place === index ? "In its place." : `Belongs further ${place < index ? "up" : "down"}.`;
      row.say(place === index, words);
    }
    return counted(this.items.map(({ place }, index) => place === index));
  }
}

class NumberWritten extends Quiz {
  build() {
    const [right, low, high] = [...this.still.querySelectorAll(".quiz-solved-item")].map((item) => ({
      heading: [...item.querySelector(".quiz-line").childNodes],
      feedback: item.querySelector(".quiz-feedback"),
    }));
    this.replies = { right, low, high };
    const hint = make("p", { id: this.id("hint"), class: "quiz-hint" }, "Per cent and powers of ten are read as well.");
    this.said.id = this.id("said");
    const typing = { type: "text", spellcheck: "false", autocapitalize: "off" };
    this.input = make("input", { ...typing, "aria-describedby": hint.id, "aria-errormessage": this.said.id });
    return [make("label", { class: "quiz-number" }, "Your answer", this.input), hint];
  }

  get choice() {
    return this.input.value;
  }

  accept(choice) {
    // Nobody writes a longer number; more than this was not written here.
    if (typeof choice !== "string" || choice.length > 60) return false;
    this.input.value = choice;
    return true;
  }

  changed(control) {
    this.input.removeAttribute("aria-invalid");
    super.changed(control);
  }

  check() {
    super.check();
    this.input.setAttribute("aria-invalid", this.missing() !== null);
  }

  missing() {
    const { input } = this;
    if (readNumber(input.value) !== null) return null;
    const unread = `“${input.value.trim()}” is not a number that we can read. Write the number alone, such as 25 or 0.25.`;
    return { words: input.value.trim() ? unread : "Write a number first.", control: input };
  }

  judge() {
    const typed = this.input.value.trim();
    const value = readNumber(typed);
    const { answer } = this.data;
    const name = near(value, this.data) ? "right" : value < answer ? "low" : "high";
    const { heading, feedback } = this.replies[name];
    const right = name === "right";
    const words = [right ? "Right: " : "Not yet: ", ...heading.map((node) => node.cloneNode(true))];
    const notes = [];
    if (typed !== String(value)) notes.push(`We read “${typed}” as ${value}.`);
    if (!right && !/[%c]/i.test(typed) && near(value / 100, this.data)) notes.push("If you mean per cent, write %.");
    const note = notes.length ? [make("p", { class: "quiz-how" }, notes.join(" "))] : [];
    return { right, words, feedback: [...note, feedback] };
  }
}

class Match extends Quiz {
  build() {
    const rights = [...this.still.querySelectorAll(".quiz-rights > li")].map(wordsOf);
    const feedback = [...this.still.querySelectorAll(".quiz-solution .quiz-feedback")];
    this.lefts = [...this.still.querySelectorAll(".quiz-items > li")].map((item, index) => {
      const words = taken(item);
      const options = ["Choose …", ...rights].map((right, place) => make("option", { value: place ? right : "" }, right));
      const select = make("select", {}, ...options);
      const label = make("label", { class: "quiz-pair" }, words, select);
      const row = new Row("div", this.id(index, "said"), feedback[index], label);
      return { row, select, text: wordsOf(words), right: rights[this.data.right[index]] };
    });
    this.rows = this.lefts.map(({ row }) => row);
    return this.rows.map(({ place }) => place);
  }

  get choice() {
    return Object.fromEntries(this.lefts.map(({ text, select }) => [text, select.value]));
  }

  accept(choice) {
    if (typeof choice !== "object" || choice === null) return false;
    const chosen = this.lefts.map(({ text }) => (Object.hasOwn(choice, text) ? choice[text] : ""));
    const offered = [...this.lefts[0].select.options].map(({ value }) => value);
    if (!chosen.every((value) => offered.includes(value))) return false;
    for (const [index, { select }] of this.lefts.entries()) select.value = chosen[index];
    return true;
  }

  missing() {
    const open = this.lefts.filter(({ select }) => !select.value);
    if (!open.length) return null;
    return { words: `Choose for each first: ${open.length} to go.`, control: open[0].select };
  }

  judge() {
    for (const { row, select, right } of this.lefts) {
      row.say(select.value === right, one(select.value === right));
    }
    return counted(this.lefts.map(({ select, right }) => select.value === right));
  }
}

const KINDS = { single: Single, multiple: Multiple, order: Order, number: NumberWritten, match: Match };

for (const root of document.querySelectorAll('[data-widget="quiz"]')) {
  try {
    new KINDS[root.dataset.kind](root);
  } catch (error) {
    console.error(`quiz ${root.dataset.name}: ${error.message}`);
  }
}
