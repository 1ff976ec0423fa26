// The decision log's figures, drafted from the reader's run log, and the whole of it as Markdown.
//
// Input    [data-widget="decision-log"][data-part]: what it holds is the blank template. The parts are rows, context,
//          baseline, experiments, decision, evidence, next and take. The worksheet's fields below a part belong to it.
// Output   In each part what the run log says, once it says anything; in "take" the Markdown, to copy, and a print.
// Events   None of its own: answers.js tells when the run log changes.
// Storage  None of its own. Reads the worksheet's answers, by answers.js.
// Fetches  _runs/_ids.json and, for each Run ID that is one of ours, _runs/<id>.json, from this site.
//
// What lab.report.decision_log says of runs, this says of rows: the words are the same where the facts are.

import * as answers from "../answers.js";

/** The run log's columns, by the ids that worksheet.yml gives them. */
export const COLUMNS = {
  "run-id": "Run ID",
  preset: "LR preset",
  rate: "LR value",
  scheduler: "Scheduler",
  epochs: "Epochs",
  "train-subset": "Train subset",
  "train-loss": "Train loss (end)",
  "validation-loss": "Val loss",
  accuracy: "Accuracy",
  "macro-f1": "F1-macro",
  gap: "Gen. gap",
  notes: "Notes",
};
const RUNS = ["run-1", "run-2", "run-3"];
const DIALS = { rate: "learning rate", scheduler: "scheduler", epochs: "epochs", "train-subset": "train subset" };
const METRICS = { "validation-loss": "validation loss", accuracy: "accuracy", "macro-f1": "macro-F1" };
// As the record of a run calls them.
const RECORDED = { "validation-loss": "validation_loss", accuracy: "accuracy", "macro-f1": "macro_f1" };
// Dials that make no other experiment of a run.
const MACHINE = new Set(["seed", "dtype", "threads", "device"]);

const inWords = (row) => row.replace("-", " ");
const whole = (number) => number.toLocaleString("en-GB");
// A record has a word where a figure is no number, as the loss of a run that diverged.
const three = (number) => (typeof number === "number" ? number.toFixed(3) : String(number));
const each = (texts) => [...new Set(texts)].join("; ");

/** The rows of the run log that have anything in them: {row, cells, run}; `runs` maps an id to its record. */
export function readRows(given, runs = {}) {
  return ["baseline", ...RUNS]
    .map((row) => {
      const cells = Object.fromEntries(
        Object.keys(COLUMNS).map((column) => [column, (given[`b-log.${row}.${column}`] ?? "").trim()]),
      );
      return { row, cells, run: Object.hasOwn(runs, cells["run-id"]) ? runs[cells["run-id"]] : null };
    })
    .filter(({ cells }) => Object.values(cells).some(Boolean));
}

/** A figure as somebody may have typed it: 0.83, 0,83, about .83; or null. */
export function figure(text) {
  const found = text.replace(/(\d),(\d)/g, "$1.$2").replace("−", "-").match(/-?\d*\.?\d+(e-?\d+)?/i);
  return found ? Number(found[0]) : null;
}

const kept = (run) => run.evaluations[run.final.evaluation ?? run.evaluations.length - 1];

/** What was recorded under a column's name, or null: a loss that is no number is recorded as a word. */
function recorded({ run }, name) {
  const value = run && kept(run)[RECORDED[name]];
  return typeof value === "number" ? value : null;
}

/** Whether a row has a figure that our record of the run contradicts, by more than rounding to two decimals does. */
function contradicts(row, name) {
  const [logged, ours] = [figure(row.cells[name]), recorded(row, name)];
  return logged !== null && ours !== null && Math.abs(logged - ours) > 0.00501;
}

/** A row's figure: as logged, or as recorded where that says the same more exactly or nothing was logged. */
function metric(row, name) {
  const ours = recorded(row, name);
  return ours === null || contradicts(row, name) ? figure(row.cells[name]) : ours;
}

const validation = (run) =>
  JSON.stringify(["sha256", "split_sha256", "validation"].map((name) => run.corpus[name] ?? null));
/** Whether all that are known to us were measured on the same headlines. */
const onTheSame = (rows) => new Set(rows.filter(({ run }) => run).map(({ run }) => validation(run))).size < 2;
const lists = (...lines) => ({ list: lines.flat().filter(Boolean) });

export function told(rows) {
  const ours = rows.filter(({ run }) => run);
  const own = rows.filter(({ run, row, cells }) => !run && row !== "baseline" && cells["run-id"]);
  const differ = ours.flatMap((logged) =>
    Object.keys(METRICS)
      .filter((name) => contradicts(logged, name))
      .map(
        (name) =>
          `${inWords(logged.row)}: your log says ${METRICS[name]} ${logged.cells[name]}, our record of that run ` +
          `${three(recorded(logged, name))}. Your figure is used: check it.`,
      ),
  );
  return [
    lists(
      `Rows with something in them: ${rows.map(({ row }) => inWords(row)).join(", ")}.`,
      ours.map(
        ({ row, run }) =>
          `${inWords(row)} has the Run ID of our stored result ${run.id}, whose record is used too. If you trained ` +
          `it yourself, your own record is printed by: python -m lab report ${run.id}`,
      ),
      own.map(
        ({ row, cells }) =>
          `${inWords(row)} is a run of your own: only your row is used. For all of its record: ` +
          `python -m lab report ${cells["run-id"]}`,
      ),
      differ,
    ),
  ];
}

export function context(rows) {
  const runs = rows.map(({ run }) => run).filter(Boolean);
  const classes = runs[0]?.classes ?? ["negative", "neutral", "positive"];
  const task = `Task: to sort headlines of financial news into ${classes.length} classes: ${classes.join(", ")}.`;
  if (!runs.length) {
    const subset = each(rows.map(({ cells }) => cells["train-subset"]).filter(Boolean));
    return [lists(task, subset && `Trained on: ${subset} headlines.`)];
  }
  const model = ({ model: { name, parameters, trainable_parameters: trained }, route }) =>
    parameters
      ? `${name} (${whole(parameters)} parameters, ${parameters === trained ? "all" : whole(trained)} of them trained)`
      : route;
  const data = ({ corpus }) =>
    `${corpus.name}${corpus.version ? `, version ${corpus.version}` : ""}, SHA-256 ${corpus.sha256.slice(0, 16)}…, ` +
    `${whole(corpus.rows)} rows`;
  const split = ({ corpus, settings }) =>
    `${whole(corpus.train)} headlines to train on, ${whole(corpus.validation)} for validation, ` +
    `drawn by seed ${settings.seed}`;
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
  const hours = runs.reduce((sum, run) => sum + 1000 * run.energy.kilowatt_hours, 0);
  return [
    lists(
      task,
      `Model: ${each(runs.map(model))}.`,
      `Data: ${each(runs.map(data))}.`,
      `Split: ${each(runs.map(split))}; headlines of one group are in one part.`,
      `Spent by our stored results, on our machine: ${minutes(seconds)} of training and evaluation, and about ` +
        `${hours.toPrecision(3)} watt-hours of electricity. That is an estimate: ` +
        `${each(runs.map((run) => run.energy.assumption))}.`,
    ),
  ];
}

function minutes(seconds) {
  const rounded = Math.round(seconds);
  return rounded < 60 ? `${rounded} s` : `${Math.floor(rounded / 60)} min ${rounded % 60} s`;
}

export function baseline(rows) {
  const logged = rows.find(({ row }) => row === "baseline");
  const runs = rows.filter(({ row }) => row !== "baseline").flatMap(({ run }) => run ?? []);
  // Runs of one seed begin alike, and are measured on the same headlines.
  const began = (run) => `${run.route} ${validation(run)} ${run.evaluations[0].validation_loss}`;
  const alike = new Map(runs.map((run) => [began(run), run]));
  const lines = [...alike.values()].map((run) => {
    const labels = Object.entries(run.corpus.validation_labels);
    const [label, most] = labels.reduce((one, two) => (two[1] > one[1] ? two : one));
    const share = most / labels.reduce((sum, [, count]) => sum + count, 0);
    return [
      `Always ${label}: accuracy ${three(share)}, macro-F1 ${three((2 * share) / (1 + share) / labels.length)} ` +
        `(the validation headlines of ${run.id}).`,
      `Untrained ${run.route}: validation loss ${three(run.evaluations[0].validation_loss)}, accuracy ` +
        `${three(run.evaluations[0].accuracy)}, macro-F1 ${three(run.evaluations[0].macro_f1)} (as ${run.id} began).`,
    ];
  });
  const surprise = answers.read("b-surprise");
  const said = logged && Object.entries(logged.cells).filter(([, text]) => text);
  return [
    lists(
      said && `Your baseline row: ${said.map(([column, text]) => `${COLUMNS[column]} ${text}`).join(", ")}.`,
      lines.flat(),
      runs.length &&
        !runs.some(({ route }) => route === "tfidf") &&
        "Word-count model, the third yardstick: it is not among these runs; Activity 2 has our stored one.",
      surprise && `In activity 2 you wrote: ${surprise}`,
    ),
  ];
}

/** Each dial that two rows have at different values, with the second's value. */
export function changed(first, other) {
  if (first.run && other.run) {
    if (first.run.route !== other.run.route) return { route: other.run.route };
    const [before, after] = [first.run.settings, other.run.settings];
    const names = Object.keys({ ...before, ...after }).filter((name) => !MACHINE.has(name));
    const setting = (name) => (name === "learning_rate" ? rate(other) : String(after[name] ?? "off"));
    return Object.fromEntries(
      names
        .filter((name) => before[name] !== after[name])
        .map((name) => [name.replaceAll("_", " "), setting(name)]),
    );
  }
  return Object.fromEntries(
    Object.entries(DIALS)
      .filter(([name]) => first.cells[name] && other.cells[name] && first.cells[name] !== other.cells[name])
      .map(([name, dial]) => [dial, other.cells[name]]),
  );
}

const otherSeed = (first, row) => first.run && row.run && first.run.settings.seed !== row.run.settings.seed;

const rate = ({ cells, run }) =>
  [cells.rate || (run && String(run.settings.learning_rate)), cells.preset].filter((part) => part && part !== "none").join(" ");

export function experiments(rows) {
  const tried = rows.filter(({ row }) => row !== "baseline");
  if (!tried.length) return [];
  const [first] = tried;
  const compared = (row) => {
    if (row === first) return "";
    if (first.run && row.run && first.run.route !== row.run.route) return "another route: not compared";
    if (!onTheSame([first, row])) return "other validation headlines: not compared";
    const known = Object.keys(METRICS).filter((name) => metric(first, name) !== null && metric(row, name) !== null);
    const differences = known.map((name) => [name, metric(row, name) - metric(first, name)]);
    return differences
      .map(([name, by]) => `${METRICS[name]} ${by < 0 ? "−" : "+"}${three(Math.abs(by))}`)
      .join(", ");
  };
  const observed = (row) => {
    const end = metric(row, "validation-loss");
    const start = row.run?.evaluations[0].validation_loss;
    const from = start === undefined ? "" : `from ${three(start)} to `;
    const loss = end === null ? "" : `validation loss ${from}${three(end)}`;
    return [row.run && verdict(row.run), loss].filter(Boolean).join("; ");
  };
  const changes = tried.map((row) => (row === first ? {} : changed(first, row)));
  const body = tried.map((row, at) => [
    `${inWords(row.row)}${row.cells["run-id"] ? ` (${row.cells["run-id"]})` : ""}`,
    at ? Object.keys(changes[at]).join(", ") || (otherSeed(first, row) ? "only the seed" : "none") : "the first",
    at ? Object.values(changes[at]).join(", ") : rate(row),
    observed(row),
    compared(row),
  ]);
  const prediction = answers.read("b-predict-curve");
  return [
    {
      caption: "What was tried",
      head: ["Run", "Dial changed", "Setting", "Observed", "Key metric change"],
      rows: body,
    },
    lists(
      tried.length > 1 && `Every change is against ${inWords(first.row)}.`,
      changes.some((dials) => Object.keys(dials).length > 1) &&
        "Where two dials changed at once, no difference can be put down to either of them alone.",
      prediction && `Before run 1 you wrote: ${prediction}`,
    ),
  ];
}

const verdict = ({ verdict: { name, overfitting } }) => name + (overfitting ? ", overfitting" : "");

export function decision(rows) {
  const tried = rows.filter(({ row }) => row !== "baseline");
  const recommended = answers.read("b-recommend");
  const best = (name, better) => {
    const known = tried.filter((row) => metric(row, name) !== null);
    if (known.length < 2) return null;
    const chosen = known.reduce((one, two) => (better(metric(two, name), metric(one, name)) ? two : one));
    const word = name === "validation-loss" ? "Lowest" : "Highest";
    const by = rate(chosen) ? `, with learning rate ${rate(chosen)}` : "";
    return `${word} ${METRICS[name]}: ${three(metric(chosen, name))}${by}, in ${inWords(chosen.row)}.`;
  };
  const routes = new Set(tried.flatMap(({ run }) => run?.route ?? []));
  const ranked =
    routes.size > 1
      ? ["The runs are of different routes, so they are not ranked."]
      : onTheSame(tried)
        ? [best("validation-loss", (one, two) => one < two), best("macro-f1", (one, two) => one > two)]
        : ["The runs were measured on different validation headlines, so they are not ranked."];
  return [
    lists(
      tried.length > 1 ? ranked : tried.map(() => "There is one run, so nothing to choose between yet."),
      recommended && `In activity 4 you wrote: ${recommended}`,
    ),
  ];
}

export function evidence(rows) {
  const runs = rows.flatMap(({ run }) => run ?? []);
  const span = ({ value, low, high }) => `${three(value)} (${three(low)} to ${three(high)})`;
  const seeds = new Set(runs.map((run) => run.settings.seed));
  const runTable = {
    caption: "Run log",
    head: ["", ...rows.map(({ row }) => inWords(row))],
    rows: Object.entries(COLUMNS).map(([column, title]) => [title, ...rows.map(({ cells }) => cells[column])]),
  };
  return [
    runTable,
    lists(
      runs.map((run) => `${run.id}: ${verdict(run)}. ${run.verdict.evidence}`),
      runs.map(
        (run) =>
          `${run.id}, 95 % intervals: ` +
          Object.values(RECORDED)
            .filter((name) => run.final[name])
            .map((name) => `${name.replace("macro_f1", "macro-F1").replace("_", " ")} ${span(run.final[name])}`)
            .join(", "),
      ),
      seeds.size === 1 && "One seed, so one split and one order of the headlines: another seed gives other figures.",
      seeds.size > 1 && "Each seed draws a split of its own, and that too makes their figures differ.",
      runs.length &&
        "An interval says how much depends on which headlines were held out, and nothing about the seed. A " +
          "difference between two runs that is small beside it may be chance.",
      "Whatever is chosen by its validation figures looks a little better there than it is.",
      runs.length && "None of our stored results has looked at the test part.",
      runs.some((run) => run.corpus.name === "headlines") &&
        "The headlines were written for teaching, about companies that do not exist.",
    ),
  ];
}

export function next(rows) {
  const tries = rows.flatMap(({ run }) => (run?.verdict.first_try ? [[run.verdict.first_try, run.id]] : []));
  const said = [...new Set(tries.map(([first]) => first))];
  const of = (first) => each(tries.filter(([one]) => one === first).map(([, id]) => id));
  return [lists(said.map((first) => `From the verdict on ${of(first)}: ${first}`))];
}

/** Text that Markdown shows as it is, on one line. */
export function plain(text) {
  return text
    .replace(/\s+/g, " ")
    .trim()
    .replace(/[\\`*[\]<>|]|\b_|_\b/g, "\\$&")
    .replace(/^([#>+-]|\d+[.)])(?=\s|$)/, "\\$1");
}

/** Lists and tables as Markdown. */
export function markdown(parts) {
  return parts
    .filter((part) => part.list?.length || part.rows?.length)
    .map((part) => {
      if (part.list) return part.list.map((line) => `- ${plain(line)}`).join("\n");
      const line = (cells) => `| ${cells.map(plain).join(" | ")} |`;
      return [line(part.head), line(part.head.map(() => "---")), ...part.rows.map(line)].join("\n");
    })
    .join("\n\n");
}

/** What somebody wrote, its lines kept as lines. */
export function written(text) {
  return text
    .split("\n")
    .map((line) => (line.trim() ? `${plain(line)}  ` : ""))
    .join("\n")
    .trim();
}

// From here on: the page.

const EMPTY =
  "Your run log is empty, so nothing is drafted yet. Fill its rows in activity 3 or on the worksheet, or use this " +
  "page as a blank template.";
const UNREAD =
  "Our stored results could not be read just now, so only your rows are used. Reload the page to try again.";

const DRAFTS = { rows: told, context, baseline, experiments, decision, evidence, next };
const places = Object.fromEntries(
  [...document.querySelectorAll('[data-widget="decision-log"]')].map((place) => [place.dataset.part, place]),
);
const templates = Object.fromEntries(Object.entries(places).map(([part, place]) => [part, [...place.childNodes]]));
const site = new URL(document.documentElement.dataset.content_root ?? "./", location.href);

function make(tag, attributes = {}, ...children) {
  const element = Object.assign(document.createElement(tag), attributes);
  element.append(...children);
  return element;
}

const fetched = new Map();
function json(file) {
  if (!fetched.has(file)) {
    const coming = fetch(new URL(`_runs/${file}`, site)).then((answer) => {
      if (!answer.ok) throw new Error(`${file}: ${answer.status}`);
      return answer.json();
    });
    fetched.set(file, coming);
    // Asked again the next time: the network may be back.
    coming.catch(() => fetched.delete(file));
  }
  return fetched.get(file);
}

/** The records of those rows that name one of ours. */
async function records(rows) {
  const wanted = rows.map(({ cells }) => cells["run-id"]).filter(Boolean);
  if (!wanted.length) return {};
  const ids = new Set(await json("_ids.json"));
  const ours = [...new Set(wanted)].filter((id) => ids.has(id));
  const found = ours.map(async (id) => [id, await json(`${encodeURIComponent(id)}.json`)]);
  return Object.fromEntries(await Promise.all(found));
}

function drawn({ list, caption, head, rows }) {
  if (list) return make("ul", {}, ...list.map((line) => make("li", {}, line)));
  const heads = head.map((text) => (text ? make("th", { scope: "col" }, text) : make("td")));
  const line = ([first, ...others]) =>
    make("tr", {}, make("th", { scope: "row" }, first), ...others.map((text) => make("td", {}, text)));
  const table = make(
    "table",
    {},
    make("caption", {}, caption),
    make("thead", {}, make("tr", {}, ...heads)),
    make("tbody", {}, ...rows.map(line)),
  );
  return make("div", { className: "table-scroll" }, table);
}

const drafts = {};
function draw(rows, unread) {
  for (const [part, place] of Object.entries(places)) {
    if (part === "take") continue;
    const said = rows.length ? DRAFTS[part](rows).filter((one) => one.list?.length || one.rows?.length) : [];
    drafts[part] = said;
    place.classList.toggle("drafted", said.length > 0);
    const mark = make("p", { className: "drafted-mark" }, part === "rows" ? "Drawn from" : "Drafted");
    if (said.length) place.replaceChildren(mark, ...said.map(drawn));
    else place.replaceChildren(...templates[part]);
  }
  if (!rows.length) {
    places.rows.replaceChildren(make("p", {}, EMPTY));
  } else if (unread) {
    places.rows.append(make("p", {}, UNREAD));
  }
  places.take.dispatchEvent(new Event("drafted"));
  // site.js lets the keyboard reach what scrolls sideways, and looks again now.
  dispatchEvent(new Event("resize"));
}

let turn = 0;
async function refresh() {
  const mine = (turn += 1);
  const given = answers.all();
  let runs = {};
  let unread = false;
  try {
    runs = await records(readRows(given));
  } catch {
    unread = true;
  }
  // Something newer may have been asked for meanwhile.
  if (mine === turn) draw(readRows(answers.all(), runs), unread);
}

/** The whole log: the page's own headings, what was drafted below each, and what the reader wrote. */
function wholeLog() {
  const who = ["about-name", "about-date", "about-cohort"].map((name) => answers.read(name)).filter(Boolean);
  const parts = Object.keys(DRAFTS).filter((part) => part !== "rows");
  const sections = parts.map((part) => {
    const section = places[part].closest("section");
    const title = section.querySelector("h2").firstChild.textContent;
    const fields = [...section.querySelectorAll(".ws-field")].map((field) => {
      const row = field.closest(".ws-row")?.querySelector(".ws-row-name").textContent;
      const label = field.querySelector(".ws-label").textContent;
      const question = row ? `${row}: ${label}` : label;
      const text = answers.read(field.dataset.name)?.trim();
      return text ? `**${plain(question)}**\n\n${written(text)}` : `**[your words: ${plain(question)}]**`;
    });
    return [`## ${title}`, markdown(drafts[part] ?? []), ...fields].filter(Boolean).join("\n\n");
  });
  return [`# Tuning decision log`, plain(who.join(", ")), ...sections].filter(Boolean).join("\n\n") + "\n";
}

function takeAway(place) {
  const text = make("textarea", { id: "decision-markdown", readOnly: true, rows: 12, spellcheck: false });
  const label = make("label", { htmlFor: text.id }, "The decision log as Markdown");
  const fold = make("details", {}, make("summary", {}, "See the Markdown"), make("div", {}, label, text));
  const copy = make("button", { type: "button", className: "primary" }, "Copy as Markdown");
  const print = make("button", { type: "button" }, "Print");
  const done = make("output");
  const update = () => (text.value = wholeLog());
  copy.addEventListener("click", async () => {
    update();
    try {
      await navigator.clipboard.writeText(text.value);
      done.textContent = "Copied. Paste it into a document of yours.";
    } catch {
      fold.open = true;
      text.focus();
      text.select();
      done.textContent = "The browser refused, so the text is selected for you: press Ctrl+C, or Cmd+C on a Mac.";
    }
  });
  print.addEventListener("click", () => window.print());
  fold.addEventListener("toggle", update);
  place.addEventListener("drafted", update);
  answers.onChange(update);
  place.replaceChildren(make("div", { className: "decision-buttons" }, copy, print, done), fold);
}

if (places.take) {
  takeAway(places.take);
  refresh();
  answers.onChange((name, _, from) => {
    if (from === "emptied" || /^b-(log\.|surprise$|predict-curve$|recommend$)/.test(name)) refresh();
  });
  addEventListener("pageshow", ({ persisted }) => persisted && refresh());
}
