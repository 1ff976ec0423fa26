// Charts: the figures that lab.charts builds, drawn again in place by Vega when a reader first wants their values.
//
// Input    figure.chart, as lab.charts.figure writes it: .chart-picture > svg, and script.chart-spec with the
//          specification (Vega-Lite, its own data, caption and alt in usermeta). The page's figures are found by themselves.
// Output   upgrade(figure)   draws the figure again in its own size and shows the value nearest to the pointer.
//                            Resolves to whether it could; if not, the picture that is there stays.
//          figureFor(spec)   resolves to a new figure of the same structure, drawn, for live cells to put into the page.
//                            It never rejects: without Vega it holds a sentence and the numbers.
// Events   A mouse or a pen over a picture, or a tap on it, upgrades its figure; nothing is fetched before. A keyboard
//          needs none of this: the table in the figure holds every value.
// Storage  None. figure.dataset.chart is "still", "drawing" or "live".
import { load } from "../live/load.js";

const NUMBERS = "The numbers behind this figure";
const NO_CHART = "The chart could not be drawn; its numbers are below.";

/** How far from a value a pointer may be, in pixels of the screen: about half a finger. */
const REACH = 28;

/** Draw `spec` into a new element. With `frame`, its axes stand where that picture's do, and it is as large. */
async function draw(spec, frame) {
  const drawn = structuredClone(spec);
  // Vega measures text on a canvas, which knows no custom properties.
  const font = getComputedStyle(document.documentElement).getPropertyValue("--font-text").trim();
  drawn.config = { ...drawn.config, font };
  if (frame) Object.assign(drawn, { autosize: "none", padding: frame });
  const canvas = element("div");
  const { embed } = await load("../vendor/vega.js");
  const view = await embed(canvas, drawn);
  // readable() tells the values; Vega's own tooltip would, anywhere on a line, tell the first value of that line.
  await view.tooltip(() => {}).runAsync();
  const svg = canvas.querySelector("svg");
  // The picture has one description; its hundreds of marks are not to be read out one by one.
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  return { svg, view };
}

/** Where the axes cross in a picture: Vega writes it on the first group. */
function originOf(svg) {
  const { e, f } = svg.querySelector("g").transform.baseVal.consolidate().matrix;
  return [e, f];
}

/** The space around the axes of a picture. */
function frameOf(svg) {
  const { width, height } = svg.viewBox.baseVal;
  const [left, top] = originOf(svg);
  const plot = svg.querySelector(".root path.background").getBBox();
  return { left, top, right: width - left - plot.width, bottom: height - top - plot.height };
}

/** Every mark that has something to say, with its place in the picture. */
function* values(group, left, top) {
  for (const mark of group.items) {
    for (const item of mark.items) {
      const [x, y] = [left + (item.x ?? 0), top + (item.y ?? 0)];
      if (mark.marktype === "group") yield* values(item, x, y);
      else if (mark.role === "mark" && item.tooltip) {
        const [width, height] = mark.marktype === "rect" ? [item.width, item.height] : [0, 0];
        yield { left: x, top: y, width, height, words: item.tooltip };
      }
    }
  }
}

/** The value whose mark holds (x, y), or else is nearest to it within `reach`; all in units of the picture. */
function nearest(all, x, y, reach) {
  const away = (low, size, at) => Math.max(low - at, 0, at - low - size);
  const far = (value) => Math.hypot(away(value.left, value.width, x), away(value.top, value.height, y));
  const best = all.reduce((one, two) => (far(two) < far(one) ? two : one));
  return far(best) <= reach ? best : null;
}

/** Show the value nearest to the pointer, beside it, and mark which one it is. */
function readable(picture, svg, view, pointer) {
  const all = [...values(view.scenegraph().root.items[0], ...originOf(svg))];
  if (!all.length) return;
  const tip = element("div", "chart-tip");
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true");
  picture.append(tip);
  const ring = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  ring.classList.add("chart-ring");
  svg.append(ring);

  function hide() {
    tip.hidden = true;
    ring.removeAttribute("width");
  }

  function show({ clientX, clientY }) {
    const box = svg.getBoundingClientRect();
    const scale = box.width / svg.viewBox.baseVal.width;
    const value = nearest(all, (clientX - box.left) / scale, (clientY - box.top) / scale, REACH / scale);
    if (!value) return hide();
    const edge = value.width ? 0 : 7;
    const at = { x: value.left - edge, y: value.top - edge, width: value.width + 2 * edge, height: value.height + 2 * edge };
    for (const [name, number] of Object.entries({ ...at, rx: edge })) ring.setAttribute(name, number);
    const lines = Object.entries(value.words).map(([name, text]) => {
      const line = element("span", "", `${name} `);
      line.append(element("b", "", String(text)));
      return line;
    });
    tip.replaceChildren(...lines);
    tip.hidden = false;
    // Above the mark where there is room, below it else; never outside the picture, which may scroll.
    const inner = picture.getBoundingClientRect();
    const offset = { x: box.left - inner.left + picture.scrollLeft, y: box.top - inner.top };
    const middle = offset.x + (at.x + at.width / 2) * scale - tip.offsetWidth / 2;
    const above = offset.y + at.y * scale - tip.offsetHeight - 4;
    const below = offset.y + (at.y + at.height) * scale + 4;
    const within = (place, room) => Math.max(0, Math.min(place, room));
    tip.style.left = `${within(middle, picture.scrollWidth - tip.offsetWidth)}px`;
    tip.style.top = `${above >= 0 ? above : within(below, picture.clientHeight - tip.offsetHeight)}px`;
    return undefined;
  }

  picture.addEventListener("pointermove", show);
  picture.addEventListener("pointerdown", show);
  // A finger leaves as soon as it is lifted; what it asked for stays until it taps elsewhere.
  picture.addEventListener("pointerleave", (event) => event.pointerType === "touch" || hide());
  document.addEventListener("pointerdown", (event) => picture.contains(event.target) || hide());
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  if (pointer) show(pointer);
}

/** Draw `figure` again in place. `pointer` is where the reader points, if anywhere: {clientX, clientY}. */
export async function upgrade(figure, pointer = () => null) {
  if (figure.dataset.chart === "drawing" || figure.dataset.chart === "live") return figure.dataset.chart === "live";
  figure.dataset.chart = "drawing";
  try {
    const picture = figure.querySelector(".chart-picture");
    const still = picture.querySelector("svg");
    const spec = JSON.parse(figure.querySelector("script.chart-spec").textContent);
    const { svg, view } = await draw(spec, frameOf(still));
    still.replaceWith(svg);
    readable(picture, svg, view, pointer());
    figure.dataset.chart = "live";
    return true;
  } catch {
    // No network, or a browser that is too old: the picture that is there says all but the exact values.
    figure.dataset.chart = "still";
    return false;
  }
}

/** A figure like those of lab.charts, drawn from `spec`; `words` describe it where its usermeta has no alt. */
export async function figureFor(spec, words = "") {
  const figure = element("figure", "chart");
  const picture = element("div", "chart-picture");
  if (spec.usermeta?.caption) figure.append(element("figcaption", "", spec.usermeta.caption));
  figure.append(picture);
  const rows = spec.data?.values;
  if (rows?.length && typeof rows[0] === "object") figure.append(numbers(rows));
  const json = element("script", "chart-spec", JSON.stringify(spec));
  json.type = "application/json";
  figure.append(json);
  try {
    const { svg, view } = await draw(spec);
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", spec.usermeta?.alt ?? words);
    picture.append(svg);
    readable(picture, svg, view);
    // On a phone the picture scrolls by itself; site.js sees to those that came with the page.
    new ResizeObserver(() => {
      if (picture.scrollWidth > picture.clientWidth + 1) picture.tabIndex = 0;
      else picture.removeAttribute("tabindex");
    }).observe(picture);
    figure.dataset.chart = "live";
  } catch {
    picture.append(element("p", "", NO_CHART));
  }
  return figure;
}

function numbers(rows) {
  // As lab.charts writes them: four digits where a number is no whole number.
  const short = (value) => (typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value);
  const table = element("table");
  const columns = Object.keys(rows[0]);
  const head = table.createTHead().insertRow();
  for (const column of columns) {
    const cell = element("th", "", column.replaceAll("_", " "));
    cell.scope = "col";
    head.append(cell);
  }
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    for (const column of columns) line.insertCell().textContent = short(row[column]) ?? "";
  }
  const box = element("div", "table-scroll");
  box.append(table);
  const fold = element("details");
  fold.append(element("summary", "", NUMBERS), box);
  return fold;
}

function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

for (const figure of document.querySelectorAll("figure.chart:not([data-chart])")) {
  figure.dataset.chart = "still";
  const picture = figure.querySelector(".chart-picture");
  let pointer = null;
  const ask = (event) => {
    pointer = event;
    if (figure.dataset.chart === "still") upgrade(figure, () => pointer);
  };
  // A finger that scrolls past a picture touches it too; only a tap asks for it.
  picture.addEventListener("pointerenter", (event) => event.pointerType === "touch" || ask(event));
  picture.addEventListener("click", ask);
  picture.addEventListener("pointermove", (event) => (pointer = event));
  picture.addEventListener("pointerleave", (event) => event.pointerType === "touch" || (pointer = null));
}
