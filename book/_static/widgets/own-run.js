// Verdict on your own run: a training log that the reader brings along, read in this page and judged by the book's own
// Python (lab.own_log) in this browser.
//
// Input    [data-widget="own-run"], as _ext/own_run.py writes it: what a reader without JavaScript sees, and script.data
//          with bytes (what starting Python fetches), worksheet (its address) and examples, each {name, address, size}.
// Output   The verdict, its reasons and a chart, inside the element. Python starts when there is something to judge.
// Events   None.
// Storage  On request "b-convergence.run-1.change", ".naive" and ".verdict" (or run-2, run-3) by answers.js. The log is
//          neither kept nor sent anywhere, and reaches Python as data: it is never part of any code or markup.
import { read, write } from "../answers.js";
import { BrowserKernel } from "../live/kernel-browser.js";
import { load } from "../live/load.js";

const LIMIT = 2_000_000; // bytes, which is more than ten thousand logged steps; a phone reads it in half a minute
const RESULT = "application/vnd.downhill.log+json";
const CODE = `from IPython.display import display
from lab import own_log

display({"${RESULT}": own_log.look(bytes(given["content"]), given["name"])}, raw=True)
`;

const megabytes = (bytes) => `${(bytes / 1_000_000).toFixed(1)} MB`;
const command = "The command line, further down this page, gives the same verdict without a browser.";

const words = {
  before: (bytes) =>
    `Python has to start in this page first. That fetches ${megabytes(bytes)} from this site, once, and takes three to ten seconds on a laptop, longer on a phone or a slow connection. Your log is read in this page and is not uploaded to anybody.`,
  starting: "Python is starting …",
  reading: (name) => `Reading ${name} …`,
  large: (name, size) => `${name} is ${megabytes(size)} large, and this page reads up to ${megabytes(LIMIT)}. ${command}`,
  unreadable: (name) => `${name} could not be read. Choose a file, not a folder, and one that is still where it was.`,
  several: "Several files at once: drop one log at a time.",
  nothing: "That was not a file. Drop a log file, or paste its text.",
  empty: "There is no text yet: paste a log first.",
  lost: (name) => `${name} did not arrive. Check the connection, then try again.`,
  pictureless: "The chart did not arrive. The verdict does not need it; check the connection, then ask again to see it.",
  broken: (name) => `Python could not judge ${name}, and that is this page’s fault. ${command}`,
  faults: {
    blocked: `This browser did not let the page start Python: it blocks workers here. ${command}`,
    wasm: `This browser does not run WebAssembly, which Python needs here; employers sometimes switch it off. ${command}`,
    missing: "Python could not start: a part of it did not arrive. Check the connection, then try again.",
    import: "The book’s lab did not arrive. Check the connection, then try again.",
    dead: "Python ended unexpectedly. Try again; if it happens twice, the log may be too large for this browser.",
  },
};

const RATES = {
  "too low": "It looks too low.",
  "about right": "It looks about right.",
  "too high": "It looks too high.",
};
const OVERFITTING = {
  true: "Yes: the validation loss has turned while the training loss fell on.",
  false: "No sign of it.",
  null: "The log cannot say.",
};

/** What the tempting rule says, beside the verdict. */
export function naiveInWords({ naive, verdict }) {
  if (naive === "cannot judge") return "It cannot judge: it needs two evaluations.";
  if (naive === "converged") {
    const wrong = ["stalled", "stuck", "collapsed", "diverged"].includes(verdict);
    return `“Converged”, since the last two validation losses differ by less than 0.01.${wrong ? " It takes standing still for having arrived." : ""}`;
  }
  return `“Not converged”, since the last two validation losses do not lie within 0.01.${verdict === "converged" ? " It does not see that the curve has levelled off." : ""}`;
}

/** The verdict in a few words: "converged, overfitting". */
export const inShort = ({ verdict, overfitting }) => verdict + (overfitting ? ", overfitting" : "");

function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

let made = 0;

class OwnRun {
  #kernel = null;
  #queue = Promise.resolve();
  // Counts what was asked for: an answer to something earlier is not shown.
  #turn = 0;
  #asked = 0;

  constructor(root) {
    this.root = root;
    this.data = JSON.parse(root.querySelector("script.data").textContent);
    this.id = `own-run-${(made += 1)}`;
    this.status = make("p", { className: "own-run-status", role: "status" });
    this.result = make("section", { className: "own-run-result", hidden: true });
    const written = make("div", { className: "own-run-written", hidden: true }, ...root.childNodes);
    root.replaceChildren(
      written,
      make("p", {}, words.before(this.data.bytes)),
      this.chooser(),
      this.paster(),
      this.examples(),
      this.status,
      this.result,
    );
    root.dataset.ready = "";
  }

  chooser() {
    const input = make("input", { type: "file", id: `${this.id}-file` });
    input.addEventListener("change", () => {
      if (input.files.length) this.file(input.files[0]);
      // So that choosing the same file again, changed meanwhile, is a change.
      input.value = "";
    });
    const drop = make(
      "div",
      { className: "own-run-drop" },
      make("label", { htmlFor: input.id }, "Choose a log file, or drop one here"),
      input,
    );
    this.root.addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("own-run-over");
    });
    this.root.addEventListener("dragleave", () => drop.classList.remove("own-run-over"));
    this.root.addEventListener("drop", (event) => {
      drop.classList.remove("own-run-over");
      const { files } = event.dataTransfer;
      const into = event.target.closest("textarea");
      if (into && !files.length) return;
      event.preventDefault();
      if (files.length === 1) this.file(files[0]);
      else this.say(files.length ? words.several : words.nothing, true);
    });
    return drop;
  }

  paster() {
    const text = make("textarea", { id: `${this.id}-text`, rows: 6, spellcheck: false, autocomplete: "off" });
    const judge = make("button", { type: "button" }, "Judge this text");
    judge.addEventListener("click", () => {
      if (!text.value.trim()) return this.say(words.empty, true);
      return this.judge("The pasted text", async () => new TextEncoder().encode(text.value));
    });
    return make(
      "details",
      { className: "own-run-paste" },
      make("summary", {}, "Or paste the text of a log"),
      make("div", {}, make("label", { htmlFor: text.id }, "The whole text of a log, its first line included"), text, judge),
    );
  }

  examples() {
    const list = make("ul", { className: "own-run-examples" });
    for (const { name, address, size } of this.data.examples) {
      const attempt = make("button", { type: "button" }, `Try ${name}`);
      attempt.addEventListener("click", () => this.judge(name[0].toUpperCase() + name.slice(1), async () => this.fetched(address)));
      const link = make("a", { href: address, download: address.split("/").at(-1) }, "Save ", make("span", { className: "unseen" }, `${name} `), `(${size})`);
      list.append(make("li", {}, attempt, link));
    }
    return make("div", {}, make("p", {}, "No log at hand? Each of these is a run of ours, written as the Trainer writes its own."), list);
  }

  async fetched(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(answer.status);
    return new Uint8Array(await answer.arrayBuffer());
  }

  file(file) {
    if (file.size > LIMIT) return this.say(words.large(file.name, file.size), true);
    return this.judge(file.name, async () => new Uint8Array(await file.arrayBuffer()), words.unreadable);
  }

  say(sentence, bad = false) {
    this.#turn += 1;
    this.tell(sentence, bad);
    this.result.hidden = true;
    this.result.replaceChildren();
  }

  tell(sentence, bad = false) {
    this.status.textContent = sentence;
    this.status.classList.toggle("own-run-bad", bad);
  }

  /** Judge what `fetch` gives, once everything asked for before has been dealt with. */
  judge(name, fetch, failed = words.lost) {
    this.say(this.#kernel ? words.reading(name) : words.starting);
    const turn = this.#turn;
    const asked = (this.#asked += 1);
    this.root.setAttribute("aria-busy", "true");
    this.#queue = this.#queue.then(async () => {
      if (turn !== this.#turn) return;
      let content;
      try {
        content = await fetch();
      } catch {
        if (turn === this.#turn) this.say(failed(name), true);
        return;
      }
      if (content.length > LIMIT) return void this.say(words.large(name, content.length), true);
      const found = await this.ask(name, content, turn).catch((fault) => ({ error: words.faults[fault.kind] ?? words.faults.dead }));
      if (turn !== this.#turn) return;
      if (!found) this.say(words.broken(name), true);
      else if (found.error) this.say(found.error, true);
      else await this.show(name, found);
    });
    this.#queue.then(() => this.#asked === asked && this.root.removeAttribute("aria-busy"));
  }

  /** What lab.own_log says of a log, or null where it failed; rejects with a Fault. `turn` is the asker's. */
  async ask(name, content, turn) {
    const kernel = (this.#kernel ??= new BrowserKernel());
    const forget = () => {
      if (this.#kernel === kernel) this.#kernel = null;
    };
    kernel.lost.then(forget);
    let found = null;
    try {
      await kernel.start();
      if (turn === this.#turn) this.tell(words.reading(name));
      await kernel.run(CODE, "the page", ({ data }) => (found = data?.[RESULT] ?? found), { name, content });
    } catch (fault) {
      kernel.dispose();
      forget();
      throw fault;
    }
    return found;
  }

  async show(name, found) {
    const turn = this.#turn;
    const picture = await this.picture(found.chart);
    if (turn !== this.#turn) return;
    const facts = make("dl", { className: "own-run-facts" });
    for (const [term, text] of [
      ["What it goes by", found.evidence],
      ["Overfitting", OVERFITTING[found.overfitting]],
      ["Learning rate", RATES[found.learning_rate] ?? "The log cannot say."],
      ["What to try first", found.first_try],
      ["What the rule “below 0.01” would have said", naiveInWords(found)],
    ]) {
      facts.append(make("dt", {}, term), make("dd", {}, text));
    }
    const heading = make("h3", { id: `${this.id}-verdict` }, `Verdict: ${inShort(found)}`);
    this.result.setAttribute("aria-labelledby", heading.id);
    this.result.replaceChildren(heading, make("p", { className: "own-run-name" }, name), ...picture, facts, this.filler(found));
    this.result.hidden = false;
    this.tell(`${name}: ${inShort(found)}. The reasons are below.`);
  }

  /** Its chart, or what to say instead; made before anything is shown, so that nothing moves away under a reader. */
  async picture(chart) {
    if (!chart) return [];
    try {
      const { figureFor } = await load("../widgets/chart.js");
      return [await figureFor(chart)];
    } catch {
      return [make("p", {}, words.pictureless)];
    }
  }

  /** The convergence row of the worksheet, filled on request; what stands there is not lost without asking. */
  filler(found) {
    const row = make("select", { id: `${this.id}-row` }, ...[1, 2, 3].map((number) => new Option(`run ${number}`, `run-${number}`)));
    const fill = make("button", { type: "button" }, "Fill the convergence row of my worksheet");
    const over = make("button", { type: "button", hidden: true }, "Write over it");
    const said = make("output", { className: "own-run-filled" });
    const values = { change: found.change, naive: found.naive, verdict: inShort(found) };
    const key = (column) => `b-convergence.${row.value}.${column}`;
    const put = () => {
      over.hidden = true;
      const kept = Object.entries(values).map(([column, value]) => write(key(column), value));
      said.replaceChildren(
        ...(kept.every(Boolean)
          ? [`Row ${row.selectedOptions[0].text} is filled. Your own judgement is still yours to write, on `, make("a", { href: this.data.worksheet }, "the worksheet"), "."]
          : [`This browser did not keep it. Write it down: the validation loss ${values.change}; the rule: ${values.naive}; verdict: ${values.verdict}.`]),
      );
    };
    fill.addEventListener("click", () => {
      const there = Object.keys(values).map((column) => read(key(column)) ?? "");
      const lost = there.filter((value, index) => value && value !== Object.values(values)[index]);
      if (!lost.length) return put();
      over.hidden = false;
      said.textContent = `That row already says: ${lost.join("; ")}.`;
      return undefined;
    });
    over.addEventListener("click", () => {
      put();
      fill.focus();
    });
    row.addEventListener("change", () => {
      over.hidden = true;
      said.textContent = "";
    });
    return make(
      "div",
      { className: "own-run-fill" },
      make("label", { htmlFor: row.id }, "Row of my worksheet"),
      row,
      fill,
      over,
      said,
    );
  }
}

for (const root of document.querySelectorAll('[data-widget="own-run"]')) new OwnRun(root);
