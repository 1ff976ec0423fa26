// What one run of a cell shows, as elements of the page.
// In: take(message), with messages in the words of Jupyter's protocol: stream, display, update, result, clear, error.
// Out: elements inside the given one; `first()` is called before the first of them is put there.
// HTML and SVG go through DOMPurify, Vega-Lite specifications through widgets/chart.js, all other data is text or an image.
import { load } from "./load.js";
import { ITEMS, RICH, TEXT } from "./limits.js";
import { CUT, HELP, PICTURE, TOO_BIG, explain } from "./words.js";

const VEGA = /^application\/vnd\.vegalite\.v\d+(\.\d+)?\+json$/;
const ANSI = /\x1b\[[0-9;]*[A-Za-z]/g;
const SANITISE = { FORBID_TAGS: ["style", "form"], ADD_ATTR: ["target"] };

// Where each display_id is shown now, on the whole page: a cell may update what another has displayed.
const displays = new Map();
export const forgetDisplays = () => displays.clear();

const element = (tag, className = "", text = "") => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
};

export class Outputs {
  #host;
  #first;
  #begun = false;
  #clearLater = false;
  #text = 0;
  #items = 0;
  #cut = false;
  #browser;

  /** `browser` says whether Python runs in this browser, where the help for some errors differs. */
  constructor(host, { first, browser }) {
    this.#host = host;
    this.#first = first;
    this.#browser = browser;
  }

  get empty() {
    return !this.#begun;
  }

  take(message) {
    if (message.type === "clear") return message.wait ? (this.#clearLater = true) : this.#clear();
    if (message.type === "update") return this.#update(message);
    if (message.type === "stream") return this.#stream(message);
    if (this.#refuse()) return undefined;
    if (message.type === "error") return this.#error(message);
    const shown = place(message.data);
    if (message.id) displays.set(message.id, [...(displays.get(message.id) ?? []), shown]);
    return this.#add(shown);
  }

  #add(shown) {
    if (!this.#begun) {
      this.#begun = true;
      this.#first();
    }
    if (this.#clearLater) this.#clear();
    this.#host.append(shown);
  }

  #clear() {
    this.#clearLater = false;
    this.#text = this.#items = 0;
    this.#cut = false;
    if (this.#begun) this.#host.replaceChildren();
  }

  #update({ id, data }) {
    const present = (displays.get(id) ?? []).filter((shown) => shown.isConnected);
    present.forEach((shown) => fill(shown, data));
    if (present.length) displays.set(id, present);
  }

  #stream({ name, text }) {
    if (this.#clearLater) this.#clear();
    const room = TEXT - this.#text;
    if (this.#cut) return;
    this.#text += text.length;
    const last = this.#host.lastElementChild;
    let stream = this.#begun && last?.dataset.stream === name ? last : null;
    if (!stream) {
      if (this.#refuse()) return;
      stream = element("div", `output stream ${name === "stderr" ? "stderr" : ""}`.trim());
      stream.dataset.stream = name;
      stream.append(element("pre"));
      stream.firstChild.tabIndex = 0;
      stream.firstChild.append("");
      this.#add(stream);
    }
    write(stream.firstChild.firstChild, text.slice(0, Math.max(0, room)));
    if (text.length > room) this.#say(CUT);
  }

  #error({ name, traceback }) {
    const shown = element("div", "output traceback");
    const pre = element("pre", "", traceback.replace(ANSI, "").trimEnd());
    pre.tabIndex = 0;
    shown.append(pre);
    if (this.#browser && HELP[name]) shown.append(element("p", "live-help", HELP[name]));
    this.#add(shown);
  }

  // Whether this run has shown as much as the page can bear; says so the first time.
  #refuse() {
    if (!this.#cut && this.#items >= ITEMS && !this.#clearLater) this.#say(CUT);
    this.#items += 1;
    return this.#cut && !this.#clearLater;
  }

  #say(sentence) {
    this.#cut = true;
    this.#add(element("p", "live-help", sentence));
  }
}

// A carriage return goes back to the start of its line, as on a terminal: that is how progress bars are drawn.
function write(node, text) {
  const clean = text.replace(ANSI, "").replace(/\r\n/g, "\n");
  if (!clean.includes("\r") && !node.data.endsWith("\r")) return node.appendData(clean);
  const lines = (node.data + clean).split("\n");
  node.data = lines
    .map((line, number) => {
      const open = number === lines.length - 1 && line.endsWith("\r");
      const parts = line.replace(/\r+$/, "").split("\r");
      return parts.reduce((before, after) => after + before.slice(after.length)) + (open ? "\r" : "");
    })
    .join("\n");
  return undefined;
}

/** An element that shows `data`, the same thing by MIME type, in the best form that the page can draw. */
function place(data) {
  const shown = element("div");
  fill(shown, data);
  return shown;
}

function fill(shown, data) {
  // What was asked for before this, and is still under way, is wanted no more.
  shown.wanted = null;
  shown.spec = specification(data);
  if (shown.spec) return chart(shown, data["text/plain"]);
  shown.removeAttribute("aria-busy");
  const [kind, content] = best(data);
  if (content.length > RICH) {
    shown.className = "output";
    return shown.replaceChildren(element("p", "live-help", TOO_BIG));
  }
  if (kind === "text") {
    shown.className = "output text_plain";
    const pre = element("pre", "", content.replace(ANSI, ""));
    pre.tabIndex = 0;
    return shown.replaceChildren(pre);
  }
  shown.className = `output ${kind === "image" ? "image" : "text_html"}`;
  if (kind === "image") {
    const image = element("img");
    image.alt = data["text/plain"] && !data["text/plain"].startsWith("<") ? data["text/plain"] : PICTURE;
    image.src = content;
    return shown.replaceChildren(image);
  }
  return purified(shown, content);
}

function best(data) {
  const text = (value) => (Array.isArray(value) ? value.join("") : String(value));
  for (const mime of ["text/html", "image/svg+xml"]) if (data[mime] != null) return ["html", text(data[mime])];
  for (const mime of ["image/png", "image/jpeg", "image/gif", "image/webp"]) {
    if (data[mime] != null) return ["image", `data:${mime};base64,${text(data[mime]).replace(/\s/g, "")}`];
  }
  return ["text", text(data["text/markdown"] ?? data["text/latex"] ?? data["text/plain"] ?? "")];
}

let purifier;

/** Put foreign HTML into `shown`; the order of several calls is kept, though the first waits for DOMPurify. */
async function purified(shown, html) {
  shown.wanted = html;
  if (!purifier) {
    shown.setAttribute("aria-busy", "true");
    try {
      purifier = (await load("../vendor/dompurify.js")).default;
    } catch (fault) {
      shown.removeAttribute("aria-busy");
      return shown.replaceChildren(element("p", "live-help", explain(fault)));
    }
    if (shown.wanted !== html) return undefined;
  }
  shown.removeAttribute("aria-busy");
  shown.replaceChildren(purifier.sanitize(html, { ...SANITISE, RETURN_DOM_FRAGMENT: true }));
  // Tables scroll inside their own box, never the page; a heading without words is a plain cell.
  for (const table of shown.querySelectorAll("table")) {
    if (table.closest(".table-scroll")) continue;
    const box = element("div", "table-scroll");
    Object.assign(box, { tabIndex: 0, role: "region", ariaLabel: "Table" });
    table.replaceWith(box);
    box.append(table);
  }
  for (const link of shown.querySelectorAll("a[href]")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  return undefined;
}

/** The Vega-Lite specification in `data`: as its own MIME type, or inside the figure that lab.charts writes. */
function specification(data) {
  const mime = Object.keys(data).find((key) => VEGA.test(key));
  if (mime) return data[mime];
  if (!String(data["text/html"] ?? "").includes("chart-spec")) return null;
  const inert = new DOMParser().parseFromString(data["text/html"], "text/html");
  try {
    return JSON.parse(inert.querySelector("script.chart-spec").textContent);
  } catch {
    return null;
  }
}

/** Show `shown.spec` as a figure like lab.charts' own; what is shown already stays until the new one is drawn. */
async function chart(shown, words = "") {
  // One drawing at a time: of several specifications that arrive meanwhile only the last is drawn.
  if (shown.drawing) return;
  shown.drawing = true;
  shown.className = "output text_html";
  shown.setAttribute("aria-busy", "true");
  try {
    const { figureFor } = await load("../widgets/chart.js");
    let drawn, figure;
    do {
      drawn = shown.spec;
      figure = await figureFor(drawn, words);
    } while (shown.spec && drawn !== shown.spec);
    if (shown.spec) shown.replaceChildren(figure);
  } catch (fault) {
    if (shown.spec) shown.replaceChildren(element("p", "live-help", explain(fault)));
  }
  shown.removeAttribute("aria-busy");
  shown.drawing = false;
}
