// The worksheet's fields: a control beside each empty box, kept as the reader types.
//
// Input    [data-widget="worksheet"] as book/_ext/worksheet.py writes it: .ws-field[data-name][data-kind] with
//          .ws-label, .ws-answer and in it .ws-box, which a reader without JavaScript fills in by hand; in tables
//          .ws-row with .ws-row-name. Options of a choice are the items of its box.
// Output   The controls; in each .ws-box its answer, for print; in each .ws-note whether this browser keeps what is
//          typed; a sentence below a field whose answer is not kept, or of which another tab had another.
// Events   None of its own: answers.js tells of every change.
// Storage  By answers.js, under the field's name: the text as typed, the chosen option, or "yes" for a tick.
//
// What a field does when its answer changes elsewhere: one that nobody has typed in since it was kept takes over the
// new answer; one with text that is not kept yet keeps it, and the other answer is put aside, one press away.

import * as answers from "../answers.js";

/** How long typing waits to be kept, in milliseconds; it is not put off by further typing. */
const PAUSE = 250;

const REFUSED = "This browser does not keep what you type: print or copy this page before you leave it.";
const NOT_KEPT = "Not kept: this browser has no room for it, or refuses. Print or copy this page before you leave it.";
const TOO_LONG =
  `Not kept: this is longer than ${answers.LONGEST.toLocaleString("en-GB")} characters. ` +
  "Shorten it, or print or copy it.";
const LOST =
  "This browser has deleted answers that you still see on this page: keep them again, or print or copy the page.";
const KEPT = "Kept in this browser.";
const OTHER = "Another tab had another answer to this.";

const fields = [];

let made = 0;
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

/** The element's id, made up where it has none. */
function idOf(element) {
  element.id ||= `ws-${(made += 1)}`;
  return element.id;
}

// What is said to a screen reader: once, and not at each key. That all is well is said again after something was not.
const voice = make("p", { className: "unseen", role: "status" });
function say(sentence) {
  if (voice.textContent !== sentence) voice.textContent = sentence;
}

class Field {
  constructor(element) {
    this.element = element;
    this.name = element.dataset.name;
    this.kind = element.dataset.kind;
    this.box = element.querySelector(".ws-box");
    this.answer = element.querySelector(".ws-answer");
    this.options = [...this.box.children].map((item) => item.textContent);
    // The kept answer that the text in the control grew from.
    this.seen = null;
    this.timer = 0;
    this.lost = false;

    this.control = this.build();
    this.message = make("p", { className: "ws-message", hidden: true });
    this.answer.prepend(this.control);
    this.answer.append(this.message);
    const help = element.querySelector(".ws-help");
    const described = [help, this.message].filter(Boolean).map(idOf);
    this.control.setAttribute("aria-describedby", described.join(" "));
    this.nameControl();

    this.control.addEventListener("input", () => this.typed());
    this.control.addEventListener("change", () => this.flush());
    this.control.addEventListener("blur", () => this.flush());
    answers.onChange((name, _, from) => name === this.name && this.told(from));
    this.show(answers.read(this.name));
    this.showAside();
  }

  build() {
    const { kind } = this;
    if (kind === "choice") {
      return make("select", {}, new Option("Choose", ""), ...this.options.map((option) => new Option(option, option)));
    }
    if (kind === "tick") return make("input", { type: "checkbox" });
    const { autocomplete } = this.element.dataset;
    // Of a table's cell one sees all; Enter is left out, for it is one line.
    const inTable = this.element.closest(".ws-table") !== null;
    if (kind === "text" || inTable) {
      const area = make("textarea", { rows: kind === "text" ? 3 : 1, autocomplete });
      if (kind !== "text") {
        area.addEventListener("keydown", (event) => {
          if (event.key === "Enter" && !event.isComposing) event.preventDefault();
        });
      }
      return area;
    }
    // A number is asked for and any text taken: a number input would throw away "about 90".
    return make("input", { type: "text", inputMode: kind === "number" ? "numeric" : "text", autocomplete });
  }

  nameControl() {
    const words = this.element.querySelector(".ws-label");
    const label = make("label", { className: words.className, htmlFor: idOf(this.control) }, ...words.childNodes);
    words.replaceWith(label);
  }

  get value() {
    if (this.kind === "tick") return this.control.checked ? "yes" : "";
    return this.kind === "line" ? this.control.value.replace(/\s*\n\s*/g, " ") : this.control.value;
  }

  get failed() {
    return !answers.isKept(this.name);
  }

  typed() {
    this.mirror();
    if (this.kind === "choice" || this.kind === "tick") this.save();
    else this.timer ||= setTimeout(() => this.save(), PAUSE);
  }

  flush() {
    if (this.timer) this.save();
  }

  save() {
    clearTimeout(this.timer);
    this.timer = 0;
    const { value } = this;
    const kept = answers.keep(this.name, value, this.seen);
    if (kept) this.seen = value || null;
    this.lost = false;
    for (const field of fields) if (field !== this) field.missed();
    this.showAside();
    settle();
    if (kept) keptIn(this.element.closest(".ws"));
  }

  /** The answer has changed, in another tab or by something else on this page. */
  told(from) {
    if (from === "aside") {
      this.showAside();
    } else if (from === "cleared") {
      clearTimeout(this.timer);
      this.timer = 0;
      this.show(null);
      this.showAside();
    } else if (this.timer || (this.failed && from === "elsewhere")) {
      this.save();
    } else {
      this.show(answers.read(this.name));
    }
    settle();
  }

  /** Back on this page: was there room made, was anything changed or deleted meanwhile? */
  look() {
    if (this.timer || this.failed) this.save();
    else if (!this.missed() && answers.read(this.name) !== this.seen) this.show(answers.read(this.name));
  }

  /** Whether the answer to be seen here has gone from the browser, and no tab has said so. */
  missed() {
    if (this.seen !== null && !this.timer && !this.failed) this.lost = answers.read(this.name) === null;
    return this.lost;
  }

  show(value) {
    const text = value ?? "";
    if (this.kind === "tick") {
      this.control.checked = text === "yes";
    } else if (this.control.value !== text) {
      // An answer that is none of the options any more is shown as it is, and can be changed.
      if (this.kind === "choice" && text && !this.options.includes(text)) {
        this.options.push(text);
        this.control.append(new Option(text, text));
        this.box.append(make("li", {}, text));
      }
      this.control.value = text;
    }
    if (!this.failed) this.seen = value;
    this.lost = false;
    this.mirror();
  }

  /** The box holds the answer too: it is what is printed, and what makes a text area as high as its text. */
  mirror() {
    const { value } = this;
    this.element.toggleAttribute("data-filled", value !== "");
    if (this.kind === "choice") {
      for (const item of this.box.children) item.toggleAttribute("data-chosen", item.textContent === value);
    } else if (this.kind === "tick") {
      this.box.toggleAttribute("data-chosen", value !== "");
    } else {
      this.box.textContent = this.control.value;
    }
  }

  say() {
    const sentence = !this.failed ? "" : this.value.length > answers.LONGEST ? TOO_LONG : NOT_KEPT;
    if (this.message.textContent === sentence) return;
    this.message.textContent = sentence;
    this.message.hidden = !sentence;
    if (sentence) say(sentence);
  }

  showAside() {
    const other = answers.aside(this.name);
    if (other === null || other === this.value) {
      this.aside?.remove();
      this.aside = null;
      return;
    }
    if (!this.aside) {
      this.other = make("p", { className: "ws-other" });
      const take = make("button", { type: "button" }, "Use it instead");
      const drop = make("button", { type: "button" }, "Delete it");
      take.addEventListener("click", () => this.swap());
      drop.addEventListener("click", () => {
        answers.forgetAside(this.name);
        this.control.focus();
      });
      this.aside = make(
        "details",
        { className: "ws-aside" },
        make("summary", {}, `${OTHER} See it`),
        make("div", {}, this.other, make("div", { className: "ws-buttons" }, take, drop)),
      );
      this.answer.append(this.aside);
      say(OTHER);
    }
    this.other.textContent = other;
  }

  /** The answer that was put aside, and this one put aside instead. */
  swap() {
    this.flush();
    const other = answers.aside(this.name);
    if (other === null) return;
    answers.forgetAside(this.name);
    // Written as by a tab that had not seen this one's answer: so it is put aside.
    const kept = answers.keep(this.name, other, null);
    this.show(kept ? other : answers.read(this.name));
    this.showAside();
    settle();
    this.control.focus();
  }
}

/** What each field and each block says of being kept. */
function settle() {
  for (const field of fields) field.say();
  const lost = fields.some((field) => field.lost);
  for (const block of blocks) block.again.hidden = !lost;
  if (lost) warn(LOST);
  else for (const block of blocks) if (block.said.textContent === LOST) calm(block);
  const unkept = fields.some((field) => field.lost || (field.failed && field.value));
  if (unkept) addEventListener("beforeunload", hold);
  else removeEventListener("beforeunload", hold);
}

function hold(event) {
  event.preventDefault();
}

const blocks = [];

function warn(sentence) {
  for (const { note, said } of blocks) {
    note.classList.add("ws-warning");
    said.textContent = sentence;
  }
  say(sentence);
}

function calm({ note, said }) {
  note.classList.remove("ws-warning");
  said.textContent = "What you type is kept in this browser only.";
}

function keptIn(element) {
  const block = blocks.find((one) => one.element === element);
  calm(block);
  block.said.textContent = "✓ Kept, in this browser only.";
  say(KEPT);
}

class Block {
  constructor(element) {
    this.element = element;
    for (const table of element.querySelectorAll(".ws-table")) group(table, table.querySelector(".ws-caption"));
    for (const row of element.querySelectorAll(".ws-row")) group(row, row.querySelector(".ws-row-name"));
    fields.push(...[...element.querySelectorAll(".ws-field")].map((field) => new Field(field)));
    this.note = element.querySelector(".ws-note");
    this.said = make("span");
    this.again = make("button", { type: "button", hidden: true }, "Keep them again");
    this.again.addEventListener("click", () => {
      for (const field of fields.filter((one) => one.lost)) field.save();
      // The button goes: who pressed it by keyboard goes on from here.
      this.note.tabIndex = -1;
      this.note.focus();
    });
    this.note.replaceChildren(this.said, " ", ...this.link(), this.again);
    element.classList.add("ws-on");
  }

  /** To all the answers, where this is not their page. */
  link() {
    const root = document.documentElement.dataset.content_root ?? "./";
    const address = new URL(`${root}day/worksheet.html`, location.href);
    return address.pathname === location.pathname ? [] : [make("a", { href: address.href }, "All your answers"), " "];
  }
}

function group(element, named) {
  element.setAttribute("role", "group");
  element.setAttribute("aria-labelledby", idOf(named));
}

for (const element of document.querySelectorAll('[data-widget="worksheet"]')) {
  const block = new Block(element);
  blocks.push(block);
  calm(block);
}
blocks[0]?.element.append(voice);
if (!answers.keeps()) warn(REFUSED);
settle();

function look() {
  for (const field of fields) field.look();
  settle();
}
addEventListener("pagehide", () => fields.forEach((field) => field.flush()));
document.addEventListener("visibilitychange", look);
addEventListener("focus", look);
answers.onChange((_, __, from) => from === "emptied" && look());
// A page that the browser had put away has heard of nothing since.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  for (const field of fields) {
    if (field.failed) field.save();
    else field.show(answers.read(field.name));
    field.showAside();
  }
  settle();
});
