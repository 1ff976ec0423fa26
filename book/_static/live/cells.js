// Live cells: turns each code cell of the page into one that runs, edits and brings our result back.
// Inputs: div.cell with a <pre> of Python in .cell_input and our stored output in .cell_output, the tag
// needs-torch as a class, and the JSON in #live-config: download_bytes, binder, launch (see _ext/live_cells.py).
// Outputs: see cell.js. Storage keys: see store.js.
import { Cell } from "./cell.js";
import { BrowserKernel } from "./kernel-browser.js";
import { load } from "./load.js";
import { forgetDisplays } from "./outputs.js";
import { BROWSER, nameOf, remembered } from "./places.js";
import { mayStartUnasked, whenSeen } from "./policy.js";
import { Session } from "./session.js";
import { choice } from "./store.js";
import { explain, status } from "./words.js";

const config = JSON.parse(document.getElementById("live-config").textContent);
const unasked = mayStartUnasked();

const page = {
  cells: [],
  session: new Session(BROWSER, makeKernel, tell),
  /** The cell that the reader ran last: it alone tells how a server is doing. */
  active: null,
  /** Bytes that the first run fetches, where the reader is to know before: on a phone, or to save data. */
  fetches: unasked ? 0 : config.download_bytes,
  /** Settled once the place that this tab remembers, if any, is taken: nothing runs anywhere else before. */
  placed: remembered(choice.read()?.kind, config).then((place) => place && page.session.use(place)),
  /** Ask where to run, from `cell`, once at a time; resolves with whether there is an answer. */
  choose: (cell) => (asking ??= choose(cell).finally(() => (asking = null))),
};
let asking = null;
let address = "";

async function makeKernel(place) {
  if (place.kind === "browser") return new BrowserKernel();
  const { ServerKernel } = await load("./kernel-server.js");
  return new ServerKernel(place, { limits: config.limits, onPhase: (message) => page.active?.say(message) });
}

/** Say how Python is doing, beside every cell that has nothing of its own to say. */
function tell(state) {
  const { place } = page.session;
  const name = nameOf(place);
  const atRest = place.kind === "browser" && page.fetches ? status.fetches(page.fetches) : status.off;
  const sentence = { off: atRest, starting: status.starting(name), ready: status.ready(name) }[state];
  page.cells.forEach((cell) => cell.tell(sentence, name));
  if (state === "ready") page.fetches = 0;
  if (state === "off") forgetDisplays();
}

async function choose(cell) {
  await page.placed;
  let place;
  try {
    const dialog = await load("./chooser.js");
    place = await dialog.choose({ config, current: page.session.place, torch: cell.needsTorch, address });
  } catch (fault) {
    cell.say(explain(fault, nameOf(page.session.place)), true);
  }
  if (!place) return false;
  if (place.kind === "own") address = place.baseUrl;
  choice.write({ kind: place.kind });
  page.session.use(place);
  return true;
}

async function init() {
  for (const node of document.querySelectorAll("div.cell")) {
    const pre = node.querySelector(".cell_input pre");
    if (pre) page.cells.push(new Cell(node, pre, page.cells.length + 1, page));
  }
  tell("off");
  await page.placed;
  if (unasked && page.session.place === BROWSER) {
    const runs = page.cells.filter((cell) => !cell.needsTorch).map((cell) => cell.run);
    whenSeen(runs, () => page.session.place === BROWSER && page.session.prestart());
  }
}

init();
