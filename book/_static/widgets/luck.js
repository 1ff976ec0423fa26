// Was it luck? One seed of a setting is shown, the reader says where the others lie, then they appear; twice. Then the
// question whether one setting is better, and the same runs by other measures.
//
// Input    [data-widget="luck"][data-name], as _ext/luck.py writes it: what is asked, script.data (settings, seeds,
//          first, step, metrics: see there), and .luck-paper, which is what a reader without JavaScript sees.
// Output   The figure, its words and its tables, all inside the element.
// Events   None.
// Storage  "luck <name>" by answers.js: JSON {brackets: [[low, high], ...], answer: 0 | 1 | "luck" | null}.
import { onChange, read, write } from "../answers.js";

const DOT_EVERY = 700; // milliseconds from one dot to the next

/** What an earlier visit kept, as far as it can be believed. */
export function remembered(text, data) {
  const empty = { brackets: [], answer: null };
  try {
    const kept = JSON.parse(text) ?? empty;
    const [low, high] = data.metrics[0].axis;
    const fits = (bracket) =>
      bracket.length === 2 && bracket.every(Number.isFinite) && low <= bracket[0] && bracket[0] <= bracket[1] && bracket[1] <= high;
    const brackets = kept.brackets.slice(0, 2).filter(fits);
    const answered = brackets.length === 2 && [0, 1, "luck"].includes(kept.answer);
    return { brackets, answer: answered ? kept.answer : null };
  } catch {
    return empty;
  }
}

/** A difference between two values, in the words of a metric: "4.1 points", "0.064". */
export function difference(metric, amount) {
  const size = Math.abs(amount) * metric.scale;
  return metric.unit ? `${size.toFixed(1)} ${metric.unit}` : size.toFixed(3);
}

const NUMBERS = ["nought", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const letters = (count) => NUMBERS[count] ?? String(count);
const capital = (text) => text[0].toUpperCase() + text.slice(1);

const spread = (values) => Math.max(...values) - Math.min(...values);

/** The guess held against the other runs of its setting: {inside, below, above, sentence}. */
export function judge(metric, bracket, others) {
  const [low, high] = bracket;
  const below = others.filter((value) => value < low).length;
  const above = others.filter((value) => value > high).length;
  const inside = others.length - below - above;
  const width = high - low;
  const needed = spread(others);
  const where = [below && `${letters(below)} below it`, above && `${letters(above)} above it`].filter(Boolean).join(" and ");
  const share = inside === others.length ? `All ${letters(inside)}` : `${inside ? capital(letters(inside)) : "None"} of the other ${letters(others.length)}`;
  const counted = `${share} ${inside === 1 ? "lies" : "lie"} in your bracket${where ? `, ${where}` : ""}.`;
  const sizes = `It is ${difference(metric, width)} wide; they are spread over ${difference(metric, needed)}.`;
  let said;
  if (inside === others.length) {
    said = width > 2 * needed ? "Too wide: it is more than twice as wide as it had to be." : "Neither too narrow nor too wide.";
  } else {
    said = width < needed ? "Too narrow." : "Wide enough, but not in the right place.";
  }
  return { inside, below, above, sentence: `${counted} ${sizes} ${said}` };
}

/** How two settings compare on the same seeds: {ahead, by, kind, sentences}. kind is apart, leaning or open. */
export function compare(metric, names) {
  const [one, two] = metric.runs.map((runs) => runs.values);
  const sign = metric.better === "higher" ? 1 : -1;
  const leads = one.map((value, index) => sign * (value - two[index]));
  const mean = leads.reduce((sum, lead) => sum + lead, 0) / leads.length;
  const ahead = mean >= 0 ? 0 : 1;
  const by = leads.map((lead) => (ahead ? -lead : lead));
  const wins = by.filter((lead) => lead > 0).length;
  const [winner, loser] = ahead ? [two, one] : [one, two];
  const worst = Math.min(...winner.map((value) => sign * value));
  const best = Math.max(...loser.map((value) => sign * value));
  const apart = worst > best;
  const all = wins === by.length;
  const kind = all && apart ? "apart" : all ? "leaning" : "open";
  const name = names[ahead];
  const range = all ? `, by ${difference(metric, Math.min(...by))} to ${difference(metric, Math.max(...by))}` : "";
  const sentences = [
    `By ${metric.title} ${name} is ahead on ${letters(wins)} of ${letters(by.length)} seeds${range}; the mean lead is ${difference(metric, mean)}.`,
    apart
      ? `The ranges do not touch: the worst run of ${name} is ahead of the best of ${names[1 - ahead]}.`
      : `The ranges overlap: the best run of ${names[1 - ahead]} is ${difference(metric, best - worst)} ahead of the worst of ${name}.`,
  ];
  if (all) {
    sentences.push(
      `Were it luck alone, as with a coin, all ${letters(by.length)} seeds would point the same way once in ${2 ** (by.length - 1)} times.`,
    );
  }
  return { ahead, kind, sentences };
}

/** What to say of an answer: 0 or 1, a setting said to be better, or "luck". */
export function reply(answer, { ahead, kind }, names) {
  const name = names[ahead];
  if (answer === "luck") {
    return {
      apart: `More than luck: no seed would have told another story. ${name} is ahead.`,
      leaning: `Luck alone could do this, but rarely. It leans to ${name}; how much better it is, so few seeds cannot say.`,
      open: "That is what these runs allow: the seeds do not agree which is ahead.",
    }[kind];
  }
  if (answer !== ahead) return `These runs say otherwise: on average ${name} is ahead.`;
  return {
    apart: "Yes, and no seed would have told another story.",
    leaning: "Probably. Luck alone could do this, but rarely; how much better it is, so few seeds cannot say.",
    open: "On average, yes. But the seeds do not agree, so these runs cannot tell.",
  }[kind];
}

function make(tag, properties = {}, ...children) {
  const { style, ...plain } = properties;
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(plain)) {
    if (key in element && !key.startsWith("aria")) element[key] = value;
    else element.setAttribute(key, value);
  }
  for (const [key, value] of Object.entries(style ?? {})) element.style.setProperty(key, value);
  element.append(...children);
  return element;
}

const said = (value) => value.toFixed(3);
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
let made = 0;

/** One setting's line of the figure: axis, dots, and below them the bracket or the bars. */
class Lane {
  constructor(luck, number) {
    this.luck = luck;
    this.number = number;
    this.name = luck.data.settings[number];
    this.title = make("p", { className: "luck-name" });
    this.plot = make("div", { className: "luck-plot", role: "img" });
    this.below = make("div", { className: "luck-below" });
    this.element = make("div", { className: "luck-lane" }, this.title, this.plot, this.below);
  }

  share(value) {
    const [low, high] = this.metric.axis;
    return ((value - low) / (high - low)).toFixed(4);
  }

  get runs() {
    return this.metric.runs[this.number];
  }

  /** Draw by `metric` the dots of these seeds, by their places in the list. */
  draw(metric, shown) {
    this.metric = metric;
    const { seeds, first } = this.luck.data;
    this.title.textContent = `${this.name}: ${metric.title} (${metric.better} is better)`;
    const ticks = metric.ticks.map((tick) =>
      make("span", { className: "luck-tick", style: { "--at": this.share(tick) } }, make("span", {}, tick.toFixed(2))),
    );
    this.dots = make("div", { className: "luck-dots" });
    this.plot.replaceChildren(...ticks, this.dots);
    this.shown = [];
    for (const index of [first, ...shown.filter((other) => other !== first)]) this.add(index);
    const words = () => this.shown.map((index) => `seed ${seeds[index]}: ${said(this.runs.values[index])}`).join("; ");
    this.describe = () => this.plot.setAttribute("aria-label", `${metric.title} of ${this.name}. ${words()}.`);
    this.describe();
  }

  add(index) {
    const own = index === this.luck.data.first;
    const style = { "--at": this.share(this.runs.values[index]), "--level": this.covered ? 0 : this.runs.levels[index] };
    this.dots.append(make("span", { className: own ? "luck-dot luck-own" : "luck-dot", style }));
    this.shown.push(index);
    this.describe?.();
  }

  bar(kind, [from, to], words) {
    const bar = make("div", {
      className: `luck-bar luck-${kind}`,
      style: { "--from": this.share(from), "--to": this.share(to) },
    });
    bar.append(make("span"));
    return make("div", { className: "luck-row" }, make("p", {}, words), bar);
  }

  /** The bars below the dots: the reader's bracket where there is one, the range of the seeds, the interval. */
  bars(bracket) {
    const { values, interval } = this.runs;
    const range = [Math.min(...values), Math.max(...values)];
    const between = ([low, high]) => `${said(low)} to ${said(high)}`;
    const wide = (ends) => `${between(ends)}, ${difference(this.metric, ends[1] - ends[0])} wide`;
    const rows = bracket ? [this.bar("bracket", bracket, `Your bracket: ${wide(bracket)}`)] : [];
    rows.push(
      this.bar("seeds", range, `The ${letters(values.length)} seeds: ${wide(range)}`),
      this.bar("interval", interval, `95 % interval of the one run: ${wide(interval)}`),
    );
    this.below.replaceChildren(...rows);
  }
}

class Luck {
  constructor(root) {
    this.root = root;
    this.key = `luck ${root.dataset.name}`;
    this.data = JSON.parse(root.querySelector("script.data").textContent);
    this.kept = remembered(read(this.key), this.data);
    this.id = `luck-${(made += 1)}`;
    this.figure = make("div", { className: "luck-figure" });
    this.controls = make("div", { className: "luck-controls" });
    this.said = make("div", { className: "luck-said", role: "status" });
    this.after = make("div", { className: "luck-after" });
    this.live = make("div", { className: "luck-live" }, this.figure, this.said, this.controls, this.after);
    root.append(this.live);
    root.dataset.ready = "";
    this.begin();
    // Whoever deletes their answers, on this page or in another tab, gets a widget that has forgotten them.
    onChange(() => {
      if (this.kept.brackets.length && !read(this.key)) this.forget();
    });
  }

  keep() {
    write(this.key, this.kept.brackets.length ? JSON.stringify(this.kept) : "");
  }

  forget() {
    this.kept = { brackets: [], answer: null };
    this.begin();
  }

  say(...sentences) {
    this.said.replaceChildren(...sentences.filter(Boolean).map((sentence) => make("p", {}, sentence)));
  }

  begin() {
    this.root.classList.remove("luck-done");
    this.round = null;
    this.lanes = [];
    this.figure.replaceChildren();
    this.controls.replaceChildren();
    this.after.replaceChildren();
    this.say();
    if (!this.kept.brackets.length) this.guess();
    for (const bracket of this.kept.brackets) this.reveal(this.lane(), bracket, true);
  }

  lane() {
    const lane = new Lane(this, this.lanes.length);
    lane.covered = true;
    lane.draw(this.data.metrics[0], []);
    this.lanes.push(lane);
    this.figure.append(lane.element);
    return lane;
  }

  /** The bracket of the next setting. */
  guess() {
    const lane = this.lane();
    const [metric] = this.data.metrics;
    const { first, seeds, step } = this.data;
    const own = lane.runs.values[first];
    const [low, high] = metric.axis;
    const steps = Math.round((high - low) / step);
    const value = (input) => Math.round((low + Number(input.value) * step) * 1000) / 1000;
    const handle = (end, label, at) =>
      make("input", { type: "range", className: `luck-handle luck-${end}`, min: 0, max: steps, step: 1, value: at, "aria-label": label });
    const others = letters(seeds.length - 1);
    const from = handle("from", `Lowest of the other ${others}`, Math.floor((own - low) / step));
    const to = handle("to", `Highest of the other ${others}`, Math.ceil((own - low) / step));
    const shade = make("span", { className: "luck-shade" });
    const track = make("div", { className: "luck-track" }, shade, from, to);
    const told = make("p", { className: "luck-told" });
    const commit = make("button", { type: "button", className: "primary" }, `Show the other ${others}`);
    let moved = false;
    const distance = (end) => {
      const away = value(end) - own;
      return `${said(value(end))}, ${difference(metric, away)} ${away < 0 ? "below" : "above"} the run that is shown`;
    };
    const show = () => {
      for (const end of [from, to]) end.setAttribute("aria-valuetext", distance(end));
      shade.style.setProperty("--from", lane.share(value(from)));
      shade.style.setProperty("--to", lane.share(value(to)));
      told.textContent = moved
        ? `Your bracket: ${said(value(from))} to ${said(value(to))}, ${difference(metric, value(to) - value(from))} wide.`
        : "Pull the two handles apart, by mouse, finger or arrow keys.";
      commit.setAttribute("aria-disabled", String(!moved));
    };
    from.addEventListener("input", () => {
      from.value = Math.min(from.value, to.value);
      moved = true;
      show();
    });
    to.addEventListener("input", () => {
      to.value = Math.max(from.value, to.value);
      moved = true;
      show();
    });
    commit.addEventListener("click", () => {
      if (!moved) return this.say("First pull the handles to where you think the other runs lie.");
      const bracket = [value(from), value(to)];
      this.kept.brackets.push(bracket);
      this.keep();
      return this.reveal(lane, bracket);
    });
    show();
    lane.below.replaceChildren(
      make(
        "fieldset",
        { className: "luck-guess" },
        make("legend", {}, `Where do the other ${others} seeds of ${lane.name} lie? The dot is your group’s run: ${said(own)}.`),
        track,
      ),
    );
    this.controls.replaceChildren(told, commit);
    this.after.replaceChildren(...(this.kept.brackets.length ? [this.again()] : []));
  }

  /** The other dots, one after another, then the bars and what they say. */
  async reveal(lane, bracket, atOnce = still()) {
    const { first, seeds } = this.data;
    const [metric] = this.data.metrics;
    const others = seeds.map((_, index) => index).filter((index) => index !== first);
    const focused = this.controls.contains(document.activeElement);
    lane.covered = false;
    const round = (this.round = {});
    lane.below.replaceChildren();
    this.controls.replaceChildren();
    this.say();
    lane.draw(metric, atOnce ? others : []);
    if (!atOnce) {
      // The button is gone: until the next one is there, the line that changes has the focus.
      if (focused) {
        lane.element.tabIndex = -1;
        lane.element.focus();
      }
      for (const index of others) {
        await new Promise((resolve) => setTimeout(resolve, DOT_EVERY));
        if (round !== this.round) return;
        lane.add(index);
      }
    }
    lane.bars(bracket);
    this.say(judge(metric, bracket, others.map((index) => lane.runs.values[index])).sentence);
    if (this.lanes.length < this.kept.brackets.length) return;
    const focus = focused && [lane.element, document.body].includes(document.activeElement);
    if (lane.number === 0) this.next(focus);
    else if (this.kept.answer === null) this.ask(focus);
    else this.conclude();
  }

  /** Back to the first bracket; there from the first reveal on. */
  again() {
    const again = make("button", { type: "button" }, "Start again");
    again.addEventListener("click", () => {
      this.forget();
      this.keep();
      this.figure.querySelector(".luck-from").focus();
    });
    return again;
  }

  /** After the first setting: what the bars are, and on to the second. */
  next(focus) {
    const on = make("button", { type: "button", className: "primary" }, `Now ${this.data.settings[1]}`);
    on.addEventListener("click", () => {
      this.say();
      this.guess();
      this.figure.querySelector(".luck-from").focus();
    });
    this.controls.replaceChildren(on);
    this.after.replaceChildren(this.explain(), this.again());
    if (focus) on.focus();
  }

  explain() {
    const list = make("dl", { className: "luck-kinds" });
    const count = letters(this.data.seeds.length);
    for (const [term, text] of [
      [
        `The ${count} seeds`,
        "What another seed gives. Here each seed also draws a split of its own, so this holds both: which headlines were held out, and how the training went.",
      ],
      [
        "95 % interval of the one run",
        "What other held-out headlines could have given this one model. It is worked out from a single run, and knows nothing of other seeds.",
      ],
    ]) {
      list.append(make("div", {}, make("dt", {}, term), make("dd", {}, text)));
    }
    return make("div", {}, make("p", { className: "luck-head" }, "Two kinds of “how sure”"), list);
  }

  ask(focus = false) {
    const [one, two] = this.data.settings;
    const form = make("form", { className: "luck-ask" });
    const options = [
      [0, `${one} is better`],
      [1, `${two} is better`],
      ["luck", "It was luck: these runs cannot tell them apart"],
    ];
    const fields = make("fieldset", {}, make("legend", {}, `Is ${one} better than ${two}, or was it luck? Judge by ${this.data.metrics[0].title}.`));
    for (const [value, label] of options) {
      const radio = make("input", { type: "radio", name: `${this.id}-answer`, value: String(value) });
      fields.append(make("label", {}, radio, label));
    }
    form.append(fields, make("button", { type: "submit", className: "primary" }, "That is my answer"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = new FormData(form).get(`${this.id}-answer`);
      if (chosen === null) {
        this.say("Choose one of the three answers first.");
        return;
      }
      this.kept.answer = chosen === "luck" ? "luck" : Number(chosen);
      this.keep();
      this.conclude(true);
    });
    this.controls.replaceChildren(form);
    this.after.replaceChildren(this.explain(), this.again());
    if (focus) fields.querySelector("input").focus();
  }

  /** The answer held against the runs, and the same runs by the other measures. */
  conclude(focus = false) {
    this.root.classList.add("luck-done");
    const choice = make("fieldset", { className: "luck-measures" }, make("legend", {}, "Look at the same runs by"));
    this.data.metrics.forEach((metric, index) => {
      const radio = make("input", { type: "radio", name: `${this.id}-metric`, value: index, checked: index === 0 });
      radio.addEventListener("change", () => this.look(index));
      choice.append(make("label", {}, radio, metric.title));
    });
    this.controls.replaceChildren(choice);
    this.table = make("div", { className: "table-scroll" });
    this.after.replaceChildren(this.table, this.explain(), this.again());
    this.look(0);
    if (focus) choice.querySelector("input").focus();
  }

  look(index) {
    const metric = this.data.metrics[index];
    const { settings, seeds } = this.data;
    for (const lane of this.lanes) {
      lane.draw(metric, Object.keys(seeds).map(Number));
      lane.bars(index === 0 ? this.kept.brackets[lane.number] : null);
    }
    const found = compare(metric, settings);
    const { answer } = this.kept;
    const mine = answer === "luck" ? "luck" : `${settings[answer]} is better`;
    this.say(`You said: ${mine}. ${index ? `By ${metric.title}: ` : ""}${reply(answer, found, settings)}`, ...found.sentences);
    this.table.replaceChildren(this.values(metric));
  }

  values(metric) {
    const { settings, seeds } = this.data;
    const [one, two] = metric.runs.map((runs) => runs.values);
    const caption = `${capital(metric.title)}, seed by seed: the same seed has the same split in both settings`;
    const table = make("table", { className: "luck-table" }, make("caption", {}, caption));
    const head = table.createTHead().insertRow();
    const lead = `Lead of ${settings[0]}${metric.unit ? `, ${metric.unit}` : ""}`;
    for (const name of ["Seed", ...settings, lead]) head.append(make("th", { scope: "col" }, name));
    const body = table.createTBody();
    seeds.forEach((seed, index) => {
      const row = body.insertRow();
      row.append(make("th", { scope: "row" }, String(seed)));
      for (const value of [one[index], two[index]]) row.insertCell().textContent = said(value);
      const by = (one[index] - two[index]) * (metric.better === "higher" ? 1 : -1) * metric.scale;
      row.insertCell().textContent = `${by < 0 ? "−" : "+"}${Math.abs(by).toFixed(metric.unit ? 1 : 3)}`;
    });
    return table;
  }
}

for (const root of document.querySelectorAll('[data-widget="luck"]')) new Luck(root);
