// One live cell: its bar of controls, its editor, our result and the reader's.
// In: the cell's element, its <pre>, its number on the page, and the page (session, placed, choose, active, cells, fetches).
// Out: the controls and outputs inside the cell's element; the event "live-outcome" bubbles from it when a run
// ends, with detail {kind}: done, error, stopped, skipped or fault.
import { Editor } from "./editor.js";
import { Outputs } from "./outputs.js";
import { nameOf } from "./places.js";
import { edits } from "./store.js";
import { BUTTONS, RESULTS, explain, label, status } from "./words.js";

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

export class Cell {
  #node;
  #number;
  #page;
  #ours;
  #editor;
  #job = null;
  #stored;
  #live = make("div", { className: "cell_output live-output" });

  constructor(node, pre, number, page) {
    this.#node = node;
    this.#number = number;
    this.#page = page;
    this.#ours = pre.textContent.replace(/\n$/, "");
    this.needsTorch = node.classList.contains("tag_needs-torch");
    this.#editor = new Editor(pre, {
      label: label.code(number),
      onRun: () => this.start(),
      onChange: (code) => this.#changed(code),
    });
    this.#build();
    const yours = edits.read(this.#ours);
    if (yours !== null) {
      this.#editor.set(yours);
      this.#changed(yours);
    }
    node.classList.add("live");
  }

  #build() {
    const button = (name, act, properties = {}) => {
      const made = make("button", { type: "button", className: `live-${name}`, textContent: BUTTONS[name], ...properties });
      made.addEventListener("click", act);
      return made;
    };
    this.run = button("run", () => this.start(), { className: "live-run primary" });
    this.halt = button("stop", () => this.#page.session.stop(this.#job), { hidden: true });
    this.above = button("above", () => this.runAbove(), { hidden: this.#number === 1 });
    this.reset = button("reset", () => this.restore(), { hidden: true });
    this.where = button("where", () => this.#page.choose(this));
    this.where.setAttribute("aria-haspopup", "dialog");
    this.status = make("p", { className: "live-status", role: "status" });
    this.kernel = make("p", { className: "live-kernel" });
    const bar = make(
      "div",
      { className: "live-bar", role: "group", ariaLabel: label.bar(this.#number) },
      make("div", { className: "live-buttons" }, this.run, this.halt, this.above, this.reset, this.where),
      make("div", { className: "live-words" }, this.status, this.kernel),
    );
    this.#stored = this.#node.querySelector(".cell_output");
    this.tag = make("p", { className: "live-tag" });
    this.swap = button("ours", () => this.#show(!this.#live.hidden));
    this.result = make("section", {}, make("div", { className: "live-head" }, this.tag, this.swap), this.#live);
    this.result.className = "live-result";
    this.#stored?.before(this.result);
    if (this.#stored) this.#live.before(this.#stored);
    else this.#node.append(this.result);
    this.result.before(bar);
    this.#show(true);
  }

  /** Run this cell, as the reader has it now. */
  async start() {
    await this.#page.placed;
    if (this.#job) return;
    if (this.needsTorch && this.#inBrowser) {
      this.say(status.torch);
      if (!(await this.#page.choose(this))) return;
    }
    this.#enqueue();
  }

  /** Run every cell above this one, from the top. */
  async runAbove() {
    await this.#page.placed;
    for (const cell of this.#page.cells.slice(0, this.#number - 1)) {
      if (!(cell.needsTorch && this.#inBrowser)) cell.#enqueue();
    }
  }

  /** Bring our code back, and forget the reader's. */
  restore() {
    this.#editor.set(this.#ours);
    this.#changed(this.#ours);
    this.say(status.reset);
    this.run.focus();
  }

  /** Say something about this cell, in place of how Python is doing. */
  say(sentence, bad = false) {
    this.status.textContent = sentence;
    this.status.classList.toggle("live-bad", bad);
    this.kernel.hidden = Boolean(sentence);
  }

  /** Say how Python is doing and where it is: not announced, for it is the same beside every cell. */
  tell(sentence, place) {
    const homeless = this.needsTorch && this.#inBrowser;
    this.kernel.textContent = homeless ? status.torch : sentence;
    this.where.textContent = homeless ? label.torch : label.where(place);
  }

  get #inBrowser() {
    return this.#page.session.place.kind === "browser";
  }

  #enqueue() {
    if (this.#job) return;
    const host = make("div", { className: "cell_output live-output" });
    const outputs = new Outputs(host, { browser: this.#inBrowser, first: () => this.#arrive(host) });
    this.#job = {
      code: this.#editor.code,
      name: `Cell ${this.#number}`,
      show: (message) => outputs.take(message),
      on: (state) => this.#on(state, outputs),
    };
    this.#page.active = this;
    this.#busy(true);
    this.#page.session.run(this.#job);
  }

  #on(state, outputs) {
    const { place } = this.#page.session;
    const name = nameOf(place);
    const { kind, milliseconds, fault, forgot } = state;
    if (kind) {
      this.#job = null;
      this.#busy(false);
      if (outputs.empty && kind === "done") this.#show(true);
    }
    const fetches = this.#inBrowser ? this.#page.fetches : 0;
    const sentences = {
      waiting: () => status.waiting,
      starting: () => (fetches ? status.fetching(fetches) : status.starting(name)),
      running: () => status.running,
      done: () => (outputs.empty ? status.nothing(milliseconds) : status.done(milliseconds)),
      error: () => status.error,
      stopped: () => (forgot ? status.forgot : status.stopped),
      skipped: () => status.skipped,
      fault: () => explain(fault, name),
    };
    this.say(sentences[kind ?? state](), kind === "fault");
    if (kind) this.#node.dispatchEvent(new CustomEvent("live-outcome", { bubbles: true, detail: { kind } }));
  }

  #busy(busy) {
    const hadFocus = document.activeElement === this.halt;
    this.run.setAttribute("aria-disabled", String(busy));
    this.halt.hidden = !busy;
    this.result.setAttribute("aria-busy", String(busy));
    if (hadFocus && !busy) this.run.focus();
  }

  // Something new: only now does what stood here leave.
  #arrive(host) {
    this.#live.replaceWith(host);
    this.#live = host;
    this.#show(false);
  }

  /** Show our stored result, or else the reader's own. */
  #show(ours) {
    const whose = ours ? RESULTS.ours : RESULTS.yours;
    if (this.#stored) this.#stored.hidden = !ours;
    this.#live.hidden = ours;
    this.tag.textContent = whose;
    this.swap.textContent = ours ? BUTTONS.yours : BUTTONS.ours;
    this.swap.hidden = !this.#stored || (ours && !this.#live.hasChildNodes());
    this.result.hidden = ours && !this.#stored;
    this.result.role = "region";
    this.result.ariaLabel = label.result(whose, this.#number);
  }

  #changed(code) {
    const edited = code !== this.#ours;
    this.reset.hidden = !edited;
    if (edited) edits.write(this.#ours, code);
    else edits.forget(this.#ours);
  }
}
