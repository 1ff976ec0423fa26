// Replay: a stored run drawn as if it were training now, at the pace at which it really ran or another.
//
// Input    An element [data-widget="replay"], as book/_ext/replay.py writes it: .replay-still, what is read without
//          JavaScript and on paper, holds for each run a .replay-run with figure, table of evaluations, verdict and log row;
//          script.data holds when each evaluation was over and after which step, and where the log row may go.
// Output   The picture of the run, uncovered as far as it has come; its evaluations, row by row; at its end the verdict and
//          the log row. Before the end none of these is anywhere but in what is hidden.
//          position(run, seconds) says how far a run was after so many seconds.
// Events   None of its own. A log row is written with answers.js, whose onChange tells the fields on the page.
// Storage  Nothing but that row, in the worksheet's cells <table>.<row>.<column>.
// Clock    As in a real training, time goes on while the page is not seen. With reduced motion the curve grows from
//          evaluation to evaluation and not step by step.

import { read, write } from "../answers.js";

const SPEEDS = [0.01, 0.1, 1, 10, 60, Infinity];
/** Shorter than this nobody can follow, longer nobody waits for: in seconds. */
const WATCHABLE = [2, 600];
/** The speed set at first is the one at which the longest run takes nearest to so many seconds. */
const PLEASANT = 15;
const SVG = "http://www.w3.org/2000/svg";
/** Half of a mark's width and its outline, in units of the picture. */
const MARK = 6;

const lessMotion = matchMedia("(prefers-reduced-motion: reduce)");

/** How far a run was after so many seconds: how many evaluations and steps were over. Between two evaluations its record
 *  has no times, so the steps are spread evenly. */
export function position(run, seconds) {
  const over = run.seconds.filter((time) => time <= seconds).length;
  if (!over) return { evaluations: 0, step: 0 };
  const step = run.evaluated[over - 1];
  if (over === run.seconds.length) return { evaluations: over, step };
  const share = (seconds - run.seconds[over - 1]) / (run.seconds[over] - run.seconds[over - 1]);
  return { evaluations: over, step: step + Math.floor(share * (run.evaluated[over] - step)) };
}

/** The speeds worth offering for a run of so many seconds; the real one and "at once" always. */
export function speedsFor(seconds) {
  const [least, most] = WATCHABLE;
  return SPEEDS.filter((speed) => [1, Infinity].includes(speed) || (seconds / speed >= least && seconds / speed <= most));
}

/** Of these the one at which it takes nearest to the pleasant time. */
export function pleasantSpeed(seconds) {
  const far = (speed) => Math.abs(Math.log(seconds / speed / PLEASANT));
  return speedsFor(seconds).filter(Number.isFinite).reduce((one, two) => (far(two) < far(one) ? two : one));
}

function inSeconds(seconds, longest = seconds) {
  return seconds.toFixed(longest < 2 ? 2 : longest < 20 ? 1 : 0);
}

function inTime(seconds) {
  if (seconds < 60) return `${inSeconds(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function speedInWords(speed, seconds, busy) {
  if (speed === Infinity) return "at once";
  const takes = `(${inTime(seconds / speed)})`;
  if (speed === 1) return `as it really ran${busy ? ", on a busy machine" : ""} ${takes}`;
  return speed > 1 ? `${speed} times as fast ${takes}` : `${Math.round(1 / speed)} times as slow ${takes}`;
}

/** An element with attributes and children. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

let made = 0;

/** The picture of a run, uncovered from the left. */
class Picture {
  constructor(svg, id) {
    this.svg = svg.cloneNode(true);
    const plot = this.svg.querySelector(".root path.background").getAttribute("d").match(/h([\d.]+)v([\d.]+)/);
    [this.width, this.height] = plot.slice(1).map(Number);
    this.covers = ["batches_pathgroup", "evaluations_pathgroup", "mark-symbol.role-mark"].map((name, index) => {
      const rect = document.createElementNS(SVG, "rect");
      const clip = document.createElementNS(SVG, "clipPath");
      clip.id = `${id}-${index}`;
      clip.append(rect);
      this.svg.prepend(clip);
      for (const group of this.svg.querySelectorAll(`.root .${name}`)) group.setAttribute("clip-path", `url(#${clip.id})`);
      return rect;
    });
  }

  /** Shares of the x axis: how far the batches are drawn, and how far the evaluations; below 0 is nothing. */
  show(batches, evaluations) {
    [batches, evaluations, evaluations].forEach((share, index) => {
      // A line ends where its evaluation is; the mark on it is as wide as marks are.
      const beyond = index === 2 ? MARK : 0;
      const width = share < 0 ? 0 : MARK + share * this.width + beyond;
      const box = { x: -MARK, y: -MARK, width, height: this.height + 2 * MARK };
      for (const [name, value] of Object.entries(box)) this.covers[index].setAttribute(name, value);
    });
  }
}

/** One widget: its runs, which of them is shown, and how far each has come. */
class Replay {
  constructor(root) {
    this.id = `replay-${(made += 1)}`;
    const { runs, worksheet } = JSON.parse(root.querySelector("script.data").textContent);
    this.worksheet = worksheet;
    this.stills = [...root.querySelectorAll(".replay-run")];
    // The axes of all runs are the same.
    this.lastStep = Math.max(...runs.map(({ planned }) => planned));
    this.runs = runs.map((run, index) => ({
      ...run,
      took: run.seconds.at(-1),
      elapsed: 0,
      picture: new Picture(this.stills[index].querySelector("svg"), `${this.id}-${index}`),
    }));
    this.speedChosen = pleasantSpeed(Math.max(...this.runs.map(({ took }) => took)));
    this.build(root);
    this.choose(0);
    root.setAttribute("data-ready", "");
  }

  build(root) {
    this.title = make("p", { class: "replay-title", id: `${this.id}-title` });
    this.settings = make("p", { class: "replay-settings" });
    this.go = make("button", { type: "button", class: "primary" });
    this.next = make("button", { type: "button" }, "Next epoch");
    this.again = make("button", { type: "button" }, "Start again");
    this.speed = make("select", { id: `${this.id}-speed` });
    this.progress = make("p", { class: "replay-progress" });
    this.place = make("div", { class: "chart-picture", role: "img" });
    this.said = make("output", { class: "replay-said" });
    this.rows = make("tbody");
    this.head = make("thead");
    const table = make("table", {}, make("caption", { id: `${this.id}-evaluations` }, "Evaluations so far"), this.head, this.rows);
    this.scroller = make("div", { class: "replay-evaluations", role: "group", "aria-labelledby": `${this.id}-evaluations` }, table);
    this.end = make("div", { class: "replay-result" });

    this.go.addEventListener("click", () => this.press());
    this.next.addEventListener("click", () => this.toNextEvaluation());
    this.again.addEventListener("click", () => this.restart());
    this.speed.addEventListener("change", () => this.changeSpeed());
    // A curve that was growing step by step stops where it is, and one that was not may go on.
    lessMotion.addEventListener("change", () => this.show());

    const speed = make("span", { class: "replay-speed" }, make("label", { for: `${this.id}-speed` }, "Speed"), this.speed);
    const parts = [
      this.title, this.settings, ...this.picker(), make("div", { class: "replay-controls" }, this.go, this.next, this.again, speed),
      this.progress, this.place, this.said, this.scroller, this.end,
    ];
    // What scrolls can be reached by keyboard; what does not is no stop on the way through the page.
    new ResizeObserver(() => {
      const { scrollHeight, clientHeight, scrollWidth, clientWidth } = this.scroller;
      if (scrollHeight > clientHeight + 1 || scrollWidth > clientWidth + 1) this.scroller.tabIndex = 0;
      else this.scroller.removeAttribute("tabindex");
    }).observe(table);
    const still = root.querySelector(".replay-still");
    still.hidden = true;
    root.append(make("div", { class: "replay", role: "group", "aria-labelledby": `${this.id}-title` }, ...parts));
  }

  picker() {
    if (this.runs.length === 1) return [];
    const choices = this.runs.map(({ label }, index) => {
      const radio = make("input", { type: "radio", name: `${this.id}-run`, value: index });
      radio.checked = index === 0;
      radio.addEventListener("change", () => this.choose(index));
      return make("label", {}, radio, ` ${label}`);
    });
    return [make("fieldset", { class: "replay-runs" }, make("legend", {}, "Which run?"), ...choices)];
  }

  /** Take up a run where it was left; it does not start by itself. */
  choose(index) {
    if (this.run) this.pause();
    this.run = this.runs[index];
    this.title.textContent = this.run.model;
    this.settings.textContent = this.run.settings;
    const speeds = speedsFor(this.run.took);
    this.speed.replaceChildren(...speeds.map((speed) => make("option", { value: speed }, speedInWords(speed, this.run.took, this.run.busy))));
    // What was chosen for another run stays, where it is offered for this one.
    this.factor = speeds.includes(this.speedChosen) ? this.speedChosen : pleasantSpeed(this.run.took);
    this.speed.value = this.factor;
    this.place.replaceChildren(this.run.picture.svg);
    const still = this.stills[index];
    this.evaluations = [...still.querySelectorAll("details tbody tr")];
    this.head.replaceChildren(still.querySelector("details thead tr").cloneNode(true));
    this.rows.replaceChildren();
    this.scroller.style.setProperty("--rows", this.evaluations.length + 1);
    this.said.textContent = "";
    this.end.replaceChildren();
    this.show();
  }

  get elapsed() {
    return this.began === undefined ? this.run.elapsed : this.run.elapsed + ((performance.now() - this.began) / 1000) * this.factor;
  }

  get over() {
    return this.run.elapsed >= this.run.took;
  }

  press() {
    if (this.over) {
      this.said.textContent = "This run is over. Press Start again to see it once more.";
    } else if (this.began !== undefined) {
      this.pause();
      const { step } = position(this.run, this.run.elapsed);
      this.said.textContent = `Paused at step ${step} of ${this.run.planned}.`;
      this.show();
    } else {
      this.said.textContent = this.run.elapsed ? "Training goes on." : "Training has started.";
      this.start();
    }
  }

  start() {
    if (this.factor === Infinity) return this.finish();
    this.began = performance.now();
    return this.tick();
  }

  pause() {
    this.run.elapsed = Math.min(this.elapsed, this.run.took);
    this.began = undefined;
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
  }

  finish() {
    this.pause();
    this.run.elapsed = this.run.took;
    this.show(true);
  }

  tick() {
    if (this.elapsed >= this.run.took) return this.finish();
    this.show(true);
    if (!lessMotion.matches) {
      this.frame = requestAnimationFrame(() => this.tick());
      return undefined;
    }
    // Once a second for the seconds in the progress line, and when the next evaluation is over.
    const { evaluations } = position(this.run, this.elapsed);
    const wait = ((this.run.seconds[evaluations] - this.elapsed) / this.factor) * 1000;
    this.timer = setTimeout(() => this.tick(), Math.min(1000, Math.ceil(wait)));
    return undefined;
  }

  toNextEvaluation() {
    if (this.over) return this.press();
    const going = this.began !== undefined;
    this.pause();
    const { evaluations } = position(this.run, this.run.elapsed);
    this.run.elapsed = this.run.seconds[evaluations];
    if (this.over) return this.finish();
    this.show(true);
    if (going) this.start();
    return undefined;
  }

  restart() {
    this.pause();
    this.run.elapsed = 0;
    this.said.textContent = "Back at the start. Press Start to begin.";
    this.end.replaceChildren();
    this.show();
  }

  changeSpeed() {
    const going = this.began !== undefined;
    // What has passed has passed at the old speed.
    if (going) this.pause();
    this.factor = Number(this.speed.value);
    this.speedChosen = this.factor;
    if (going) this.start();
  }

  /** Everything as it is now; `aloud` says the latest evaluation where it is new. */
  show(aloud = false) {
    const { run } = this;
    const { evaluations, step } = position(run, this.elapsed);
    const evaluated = evaluations ? run.evaluated[evaluations - 1] : -1;
    const stepped = evaluations && !lessMotion.matches ? step : evaluated;
    run.picture.show(stepped / this.lastStep, evaluated / this.lastStep);
    this.progress.textContent = this.progressInWords(evaluations, step);
    this.go.textContent = this.began !== undefined ? "Pause" : run.elapsed && !this.over ? "Carry on" : "Start";
    this.go.setAttribute("aria-disabled", String(this.over));
    this.next.setAttribute("aria-disabled", String(this.over));
    this.place.setAttribute("aria-label", this.pictureInWords(evaluated));
    this.scroller.hidden = this.began === undefined && !this.run.elapsed;
    this.showEvaluations(evaluations, aloud);
    if (this.over && !this.end.hasChildNodes()) this.showEnd(aloud);
  }

  progressInWords(evaluations, step) {
    const { run } = this;
    const seconds = Math.min(this.elapsed, run.took);
    const time = `${inSeconds(seconds, run.planned_seconds)} s of ${inSeconds(run.planned_seconds)} s`;
    if (!evaluations && seconds) return `measuring before the first step, ${time}`;
    const epoch = (step / run.steps_an_epoch).toFixed(1);
    const loss = step ? `, batch loss ${run.losses[step - 1]}` : "";
    return `step ${step} of ${run.planned}, epoch ${epoch}${loss}, ${time}`;
  }

  pictureInWords(evaluated) {
    const axes = "Loss over steps. The axes have room for the whole run.";
    if (evaluated < 0) return `${axes} Nothing is drawn yet.`;
    return `${axes} Drawn up to step ${evaluated} of ${this.run.planned}. The table below holds the evaluations.`;
  }

  showEvaluations(count, aloud) {
    if (this.rows.children.length > count) this.rows.replaceChildren();
    const more = this.evaluations.slice(this.rows.children.length, count).map((row) => row.cloneNode(true));
    if (!more.length) return;
    this.rows.append(...more);
    this.scroller.scrollTop = this.scroller.scrollHeight;
    if (!aloud) return;
    const [epoch, training, validation, accuracy] = [...more.at(-1).cells].map((cell) => cell.textContent);
    const when = epoch === "0" ? "Before training" : `Epoch ${epoch}`;
    this.said.textContent = `${when}: training loss ${training}, validation loss ${validation}, accuracy ${accuracy}.`;
  }

  showEnd(aloud) {
    const still = this.stills[this.runs.indexOf(this.run)];
    const found = still.querySelector(".replay-end").cloneNode(true);
    this.end.append(...found.children);
    if (this.worksheet) this.end.append(...this.offer());
    if (aloud) this.said.textContent = `${this.run.ending} Verdict: ${this.run.verdict}. Its evidence and its log row are below.`;
  }

  offer() {
    const button = make("button", { type: "button" }, "Put this row into my run log");
    const told = make("output", { class: "replay-kept" });
    button.addEventListener("click", () => this.putRow(told));
    return [make("div", { class: "replay-offer" }, button, told)];
  }

  /** Write the log row into the worksheet; where that would replace something, ask first. */
  putRow(told) {
    const cells = this.run.row.map(([column, title, value]) => {
      const name = `${this.worksheet.cells}.${column}`;
      return { name, title, value, yours: read(name) ?? "" };
    });
    const taken = cells.filter(({ yours, value }) => yours.trim() && yours !== value);
    const put = (chosen) => {
      // All of them, though one is not kept: fields on this page show what was written.
      const kept = chosen.map(({ name, value }) => write(name, value)).every(Boolean);
      told.replaceChildren(...(kept ? this.keptInWords() : ["This browser does not keep answers. Copy the row by hand, or print this page."]));
    };
    if (!taken.length) return put(cells);
    return this.ask(taken, {
      "Write over them": () => put(cells),
      "Fill in only the empty cells": () => put(cells.filter((cell) => !taken.includes(cell))),
      "Leave my row as it is": () => told.replaceChildren("Nothing was changed."),
    });
  }

  keptInWords() {
    const link = make("a", { href: this.worksheet.page }, "your worksheet");
    return [`Done: it is in the row “${this.worksheet.row}” of the run log, on `, link, "."];
  }

  ask(taken, answers) {
    const id = `${this.id}-ask`;
    const rows = taken.map(({ title, yours, value }) =>
      make("tr", {}, make("th", { scope: "row" }, title), make("td", {}, yours), make("td", {}, value)));
    const head = ["Column", "Yours", "This run"].map((text) => make("th", { scope: "col" }, text));
    const buttons = Object.entries(answers).map(([text, act]) => {
      const button = make("button", { type: "button" }, text);
      button.addEventListener("click", () => {
        dialog.close();
        act();
      });
      return button;
    });
    const dialog = make("dialog", { class: "replay-ask", "aria-labelledby": id },
      make("p", { id }, `Your row “${this.worksheet.row}” already holds something else in these cells.`),
      make("div", { class: "table-scroll" }, make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows))),
      make("div", { class: "replay-controls" }, ...buttons));
    dialog.addEventListener("cancel", () => answers["Leave my row as it is"]());
    dialog.addEventListener("close", () => dialog.remove());
    this.end.append(dialog);
    dialog.showModal();
  }
}

for (const root of document.querySelectorAll('[data-widget="replay"]')) {
  try {
    new Replay(root);
  } catch (error) {
    root.setAttribute("data-ready", "");
    console.error(`replay: ${error.message}`);
  }
}
