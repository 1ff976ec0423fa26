// Draw it, then see it: a blank chart on which the reader draws a curve before the run's own is shown.
//
// Input    An element [data-widget="draw"], as book/_ext/draw.py writes it: the question, .draw-picture with the blank
//          chart, .draw-ticks and .draw-fold (for readers without JavaScript; they go), .draw-lines (for paper), and
//          script.data with the run's curve. Until the reader asks for it, the curve is nowhere but there.
// Output   The chart with the reader's points, and once it is asked for the run's curve, the difference between the two,
//          its values, its verdict and a link to it; all inside the element.
// Events   None.
// Storage  By answers.js, each as a text:
//            "draw <name> points"  the values in their order, null where none was set: [0.85,null,0.6,0.5,0.5]
//            "draw <name> shape"   the shape they were taken from, until one is moved
//            "draw <name> reason"  the reason that was ticked
//            "draw <name> shown"   "yes" once the curve was shown
//            "draw <name> why"     what the reader wrote about the biggest difference; "Draw again" leaves it, and one
//                                  of another tab's is put aside and shown, not written over
// No JavaScript, or data that cannot be read: the element stays as it is.
import * as answers from "../answers.js";

const SVG = "http://www.w3.org/2000/svg";
const NOT_KEPT = "This browser does not keep what you do here: print or copy this page before you leave it.";
const NOTHING_YET = "First drag a point or pick a shape. Then you can see the real curve.";

/** The whole curve takes about so long to draw, however many epochs it has. */
const DRAWING_MS = 2400;

function make(tag, attributes = {}, ...children) {
  const element = tag.startsWith("svg:") ? document.createElementNS(SVG, tag.slice(4)) : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** A value as the widget writes it. */
export function inWords(value) {
  if (Number.isNaN(value)) return "no longer a number";
  if (!Number.isFinite(value)) return value > 0 ? "infinity" : "minus infinity";
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en-GB") : value.toFixed(2);
}

/** The drawn value at each of `epochs` + 1 epochs: straight lines from the start through the points that were set,
 *  level after the last of them. `points` are epochs, `values` what was set there, or null. */
export function drawnCurve(start, points, values, epochs) {
  const knots = [[0, start], ...points.map((epoch, index) => [epoch, values[index]]).filter(([, value]) => value !== null)];
  return Array.from({ length: epochs + 1 }, (_, epoch) => {
    const after = knots.findIndex(([at]) => at >= epoch);
    if (after === -1) return knots.at(-1)[1];
    const [end, high] = knots[after];
    if (end === epoch) return high;
    const [begin, low] = knots[after - 1];
    return low + ((high - low) * (epoch - begin)) / (end - begin);
  });
}

/** The epoch at which the two are furthest apart, the first of several; one where the run has no number comes first. */
export function furthest(drawn, real) {
  const lost = real.findIndex((value) => Number.isNaN(value));
  if (lost !== -1) return lost;
  const apart = real.map((value, epoch) => (epoch ? Math.abs(value - drawn[epoch]) : 0));
  return apart.indexOf(Math.max(...apart));
}

/** One sentence about the biggest difference. */
export function difference(drawn, real) {
  const epoch = furthest(drawn, real);
  const [yours, its] = [inWords(drawn[epoch]), inWords(real[epoch])];
  if (yours === its) return `No difference to speak of: you drew it to two decimals at every epoch.`;
  const was = Number.isNaN(real[epoch]) ? "the run’s was" : "the run was at";
  return `Biggest difference: epoch ${epoch}, you drew ${yours}, ${was} ${its}.`;
}

/** The points that a kept text holds, or none where it is not such a text. */
export function readPoints(text, count, top) {
  const none = Array(count).fill(null);
  try {
    const found = JSON.parse(text);
    const fits = (value) => value === null || (typeof value === "number" && value >= 0 && value <= top);
    return Array.isArray(found) && found.length === count && found.every(fits) ? found : none;
  } catch {
    return none;
  }
}

const NOT_FINITE = { NaN, Infinity, "-Infinity": -Infinity };

class Draw {
  constructor(root) {
    this.root = root;
    this.data = JSON.parse(root.querySelector("script.data").textContent);
    this.data.values = this.data.values.map((value) => NOT_FINITE[value] ?? value);
    this.build();
    this.restore();
    answers.onChange((name, _, from) => {
      if (!name.startsWith(this.key(""))) return;
      if (from === "aside") this.showWhy();
      else if (from !== "here") this.restore();
    });
    root.setAttribute("data-ready", "");
  }

  build() {
    const { root, data } = this;
    const id = root.id;
    this.title = make("p", { class: "draw-title", id: `${id}-title` }, "Draw it, then see it");
    const question = root.querySelector(".draw-question");
    question.id = `${id}-question`;
    root.prepend(this.title);
    root.setAttribute("role", "group");
    root.setAttribute("aria-labelledby", `${id}-title`);
    root.setAttribute("aria-describedby", question.id);
    root.querySelector(".draw-fold").remove();
    root.querySelector(".draw-ticks").remove();
    this.lines = root.querySelector(".draw-lines");

    this.figure = root.querySelector(".draw-figure");
    this.picture = root.querySelector(".draw-picture");
    this.svg = this.picture.querySelector("svg");
    this.shade = make("svg:path", { class: "draw-shade" });
    this.yours = make("svg:path", { class: "draw-yours" });
    this.real = make("svg:path", { class: "draw-real-line" });
    this.marks = make("svg:g");
    // Below the names of the levels, which are to stay readable.
    const names = this.svg.querySelector(".draw-level-name");
    for (const part of [this.shade, this.yours, this.real, this.marks]) this.svg.insertBefore(part, names);
    this.legend = make("p", { class: "draw-legend", hidden: "" },
      make("span", { class: "draw-key draw-key-yours" }, "your curve"),
      make("span", { class: "draw-key draw-key-real" }, "the run"),
      make("span", { class: "draw-key draw-key-shade" }, "the difference"));
    this.figure.prepend(this.legend);
    this.handles = data.points.map((epoch, index) => this.handle(epoch, index));
    this.picture.append(make("div", { class: "draw-points", role: "group", "aria-label": "Your curve" }, ...this.handles));
    this.pointer();

    this.shapes = data.shapes.map(({ label, values }, index) => {
      const radio = make("input", { type: "radio", name: `${id}-shape`, value: String(index) });
      radio.addEventListener("change", () => this.takeShape(index));
      return make("label", { class: "draw-choice" }, radio, this.sketch(values), make("span", {}, label));
    });
    this.shapeSet = make("fieldset", { class: "draw-shapes" },
      make("legend", {}, "Begin with a shape (it replaces what you have drawn), or drag the points"), make("div", {}, ...this.shapes));
    this.reasons = data.reasons.map((reason) => {
      const radio = make("input", { type: "radio", name: `${id}-reason`, value: reason });
      radio.addEventListener("change", () => this.keep("reason", reason));
      return make("label", { class: "draw-choice" }, radio, make("span", {}, reason));
    });
    this.reasonSet = make("fieldset", { class: "draw-reasons" }, make("legend", {}, "Because (tick your reason)"), make("div", {}, ...this.reasons));

    this.hint = make("p", { class: "draw-hint", role: "status", id: `${id}-hint` });
    this.show = make("button", { type: "button", class: "primary", "aria-describedby": this.hint.id }, "Show the real curve");
    this.show.addEventListener("click", () => this.reveal());
    this.row = make("div", { class: "draw-row" }, this.show, this.hint);

    this.outcome = make("div", { class: "draw-outcome", tabindex: "-1", hidden: "" });
    this.after = make("div", { class: "draw-after", hidden: "" });
    this.why = make("textarea", { id: `${id}-why`, rows: "3" });
    this.why.addEventListener("input", () => this.keepWhy());
    this.whyOnPaper = make("p", { class: "draw-on-paper" });
    this.other = make("span");
    const drop = make("button", { type: "button" }, "Delete the other");
    drop.addEventListener("click", () => {
      answers.forgetAside(this.key("why"));
      this.why.focus();
    });
    this.aside = make("div", { class: "draw-aside", hidden: "" },
      make("p", {}, "Another tab had another answer to this: ", this.other), drop);
    const again = make("button", { type: "button" }, "Draw again");
    again.addEventListener("click", () => this.again());
    this.numbers = make("div");
    this.after.append(
      make("label", { for: this.why.id }, "Biggest difference, and why?"), this.why, this.aside, this.whyOnPaper,
      this.numbers, make("div", { class: "draw-row" }, again));
    this.note = make("p", { class: "draw-note", role: "status" });
    this.lines.before(this.shapeSet, this.reasonSet, this.row, this.outcome, this.after, this.note);
  }

  /** One point: a native slider for keyboards and screen readers, in a disc that can be dragged. */
  handle(epoch, index) {
    const { data } = this;
    const slider = make("input", {
      type: "range", min: 0, max: data.top, step: data.step, "aria-label": `Point ${index + 1} of ${data.points.length}`,
    });
    slider.addEventListener("input", () => this.move(index, Number(slider.value)));
    const handle = make("label", { class: "draw-point" }, slider);
    const [width, , left, right] = data.box;
    handle.style.left = `${((left + ((right - left) * epoch) / data.last) / width) * 100}%`;
    return handle;
  }

  x(epoch) {
    const [, , left, right] = this.data.box;
    return left + ((right - left) * epoch) / this.data.last;
  }

  /** What is beyond the chart is drawn at its edge. */
  y(value) {
    const [, , , , top, bottom] = this.data.box;
    return bottom - ((bottom - top) * Math.min(Math.max(value, 0), this.data.top)) / this.data.top;
  }

  /** A shape's picture: what its points do, from the start on, on the same scale for all shapes. */
  sketch(values) {
    const { shapes, start } = this.data;
    const most = Math.max(...shapes.flatMap((shape) => shape.values.map((value) => Math.abs(value - start))));
    const places = [start, ...values].map((value, index, all) =>
      [2 + (40 * index) / (all.length - 1), 14 - (12 * (value - start)) / most].join(" "));
    return make("svg:svg", { class: "draw-sketch", viewBox: "0 0 44 28", "aria-hidden": "true", focusable: "false" },
      make("svg:path", { d: `M${places.join("L")}` }));
  }

  pointer() {
    const { picture } = this;
    let held = null;
    let tapped = false;
    const at = (event) => {
      const box = this.svg.getBoundingClientRect();
      const [width, height, , , top, bottom] = this.data.box;
      const y = ((event.clientY - box.top) / box.height) * height;
      return { x: ((event.clientX - box.left) / box.width) * width, value: ((bottom - y) / (bottom - top)) * this.data.top };
    };
    const nearest = ({ x }) => {
      const away = this.data.points.map((epoch) => Math.abs(this.x(epoch) - x));
      return away.indexOf(Math.min(...away));
    };
    const take = (index, value) => {
      this.handles[index].querySelector("input").focus({ preventScroll: true });
      this.move(index, value);
    };
    picture.addEventListener("pointerdown", (event) => {
      tapped = false;
      if (this.shown || event.button) return;
      const place = at(event);
      const on = this.handles.indexOf(event.target.closest(".draw-point"));
      // A finger beside the points may want to scroll the page; if it only taps, a click follows.
      if (on === -1 && event.pointerType !== "mouse") {
        tapped = true;
        return;
      }
      event.preventDefault();
      const index = on === -1 ? nearest(place) : on;
      // A point that is taken by its edge does not jump.
      held = { index, offset: on === -1 ? 0 : this.valueAt(index) - place.value };
      picture.setPointerCapture(event.pointerId);
      take(index, place.value + held.offset);
    });
    picture.addEventListener("pointermove", (event) => {
      if (held) this.move(held.index, at(event).value + held.offset);
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      picture.addEventListener(end, () => {
        held = null;
      });
    }
    picture.addEventListener("click", (event) => {
      if (!tapped || this.shown || event.target.closest("input")) return;
      tapped = false;
      take(nearest(at(event)), at(event).value);
    });
  }

  /** What the reader drew, at every epoch. */
  drawn() {
    return drawnCurve(this.data.start, this.data.points, this.values, this.data.last);
  }

  valueAt(index) {
    return this.drawn()[this.data.points[index]];
  }

  get begun() {
    return this.values.some((value) => value !== null);
  }

  /** To the nearest value that can be drawn. */
  snap(value) {
    const { step, top } = this.data;
    return Number((Math.round(Math.min(Math.max(value, 0), top) / step) * step).toFixed(6));
  }

  move(index, value) {
    this.values[index] = this.snap(value);
    this.shape = "";
    this.keepDrawing();
    this.draw();
  }

  takeShape(index) {
    this.values = this.data.shapes[index].values.map((value) => this.snap(value));
    this.shape = this.data.shapes[index].label;
    this.keepDrawing();
    this.draw();
  }

  keepDrawing() {
    this.keep("points", this.begun ? JSON.stringify(this.values) : "");
    this.keep("shape", this.shape);
  }

  key(what) {
    return `draw ${this.data.name} ${what}`;
  }

  kept(what) {
    return answers.read(this.key(what)) ?? "";
  }

  keep(what, value) {
    this.noteKept(answers.write(this.key(what), value));
  }

  noteKept(kept) {
    const said = kept ? "" : NOT_KEPT;
    if (this.note.textContent !== said) this.note.textContent = said;
  }

  /** Unlike a drawing, what was typed is never written over by another tab, nor writes over what that tab has. */
  keepWhy() {
    const kept = answers.keep(this.key("why"), this.why.value, this.seen);
    if (kept) this.seen = this.why.value || null;
    this.noteKept(kept);
    this.showWhy();
  }

  restoreWhy() {
    const key = this.key("why");
    if (!answers.isKept(key)) {
      this.keepWhy();
      return;
    }
    this.seen = answers.read(key);
    if (this.why.value !== (this.seen ?? "")) this.why.value = this.seen ?? "";
  }

  restore() {
    const { data } = this;
    this.values = readPoints(this.kept("points"), data.points.length, data.top);
    this.shape = this.kept("shape");
    const reason = this.kept("reason");
    for (const label of this.reasons) label.firstChild.checked = label.firstChild.value === reason;
    this.restoreWhy();
    this.shown = this.begun && this.kept("shown") === "yes";
    this.draw();
    if (this.shown) this.showAll();
    else this.cover();
  }

  /** The reader's own curve and points, and what they allow. */
  draw() {
    const { data } = this;
    const drawn = this.drawn();
    this.handles.forEach((handle, index) => {
      const value = drawn[data.points[index]];
      const slider = handle.firstChild;
      slider.value = value;
      slider.setAttribute("aria-valuetext", `epoch ${data.points[index]}: ${data.metric} ${inWords(value)}`);
      handle.classList.toggle("draw-set", this.values[index] !== null);
      handle.style.top = `${(this.y(value) / data.box[1]) * 100}%`;
    });
    this.yours.setAttribute("d", this.begun ? this.path(drawn) : "");
    data.shapes.forEach(({ label }, index) => {
      this.shapes[index].firstChild.checked = this.begun && label === this.shape;
    });
    this.show.setAttribute("aria-disabled", String(!this.begun));
    const hint = this.begun ? "" : NOTHING_YET;
    if (this.hint.textContent !== hint) this.hint.textContent = hint;
    this.svg.setAttribute("aria-label", [data.blank, this.begun && this.drawnInWords(drawn)].filter(Boolean).join(" "));
  }

  drawnInWords(drawn) {
    return `Your curve: ${this.data.points.map((epoch) => `epoch ${epoch}: ${inWords(drawn[epoch])}`).join("; ")}.`;
  }

  path(values) {
    return values.map((value, epoch) => `${epoch ? "L" : "M"}${this.x(epoch)} ${this.y(value)}`).join("");
  }

  reveal() {
    if (!this.begun) {
      // Said again, for a reader who hears it.
      this.hint.textContent = "";
      requestAnimationFrame(() => {
        if (!this.begun) this.hint.textContent = NOTHING_YET;
      });
      return;
    }
    this.shown = true;
    this.keep("shown", "yes");
    this.row.hidden = true;
    this.lock();
    this.figure.scrollIntoView({ block: "nearest" });
    const { last } = this.data;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const began = performance.now();
    const tick = (time) => {
      const until = still ? last : Math.min(Math.max(Math.ceil(((time - began) / DRAWING_MS) * last), 0), last);
      this.showReal(until);
      if (until < last) this.frame = requestAnimationFrame(tick);
      else {
        this.showAll();
        this.outcome.focus({ preventScroll: true });
        this.outcome.scrollIntoView({ block: "nearest" });
      }
    };
    tick(began);
  }

  /** A prediction stands once the curve is seen. */
  lock() {
    this.root.classList.toggle("draw-shown", this.shown);
    for (const input of this.root.querySelectorAll(".draw-points input, fieldset input")) input.disabled = this.shown;
    this.shapeSet.hidden = this.reasonSet.hidden = this.shown;
    this.legend.hidden = !this.shown;
  }

  /** The run's curve, and what lies between the two, as far as an epoch. */
  showReal(until) {
    const { values } = this.data;
    const lost = values.findIndex((value) => Number.isNaN(value));
    const real = values.slice(0, Math.min(until + 1, lost === -1 ? Infinity : lost));
    const drawn = this.drawn().slice(0, real.length);
    const back = drawn.map((value, epoch) => `L${this.x(epoch)} ${this.y(value)}`).reverse();
    this.real.setAttribute("d", this.path(real));
    this.shade.setAttribute("d", real.length > 1 ? `${this.path(real)}${back.join("")}Z` : "");
    this.marks.replaceChildren(...real.map((value, epoch) =>
      value > this.data.top
        ? make("svg:path", { class: "draw-mark", d: "M0 -8L6 3H-6Z", transform: `translate(${this.x(epoch)} ${this.y(value)})` })
        : make("svg:circle", { class: "draw-mark", r: 3.5, cx: this.x(epoch), cy: this.y(value) })));
  }

  showAll() {
    const { data } = this;
    const drawn = this.drawn();
    this.row.hidden = true;
    this.lock();
    this.showReal(data.last);
    this.svg.setAttribute("aria-label", `${data.blank} ${this.drawnInWords(drawn)} ${data.real}`);
    const link = make("a", { href: data.link }, data.run);
    const beyond = data.values.some((value) => value > data.top);
    const reason = this.reasons.find((label) => label.firstChild.checked)?.firstChild.value;
    this.outcome.replaceChildren(
      make("p", { class: "draw-difference" }, difference(drawn, data.values)),
      ...(beyond ? [make("p", {}, "▲ at the top: the run’s value is beyond the chart.")] : []),
      make("p", {}, reason ? "Your reason: " : "You ticked no reason.", make("b", {}, reason ?? "")),
      make("p", {}, "The run’s verdict: ", make("b", {}, data.verdict), ". It is ", link, " on the page of all runs."));
    this.outcome.hidden = false;
    this.numbers.replaceChildren(this.table(drawn));
    this.after.hidden = false;
    this.showWhy();
  }

  table(drawn) {
    const cell = (text) => make("td", {}, text);
    const heads = ["epoch", "you drew", this.data.title].map((text) => make("th", { scope: "col" }, text));
    const rows = this.data.values.map((value, epoch) => make("tr", {},
      cell(String(epoch)), cell(epoch ? inWords(drawn[epoch]) : "the start"), cell(inWords(value))));
    return make("details", {}, make("summary", {}, "The numbers behind this figure"),
      make("div", { class: "table-scroll" },
        make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows))));
  }

  /** On paper a text field would cut what is in it; an empty one is a line to write on. */
  showWhy() {
    const other = answers.aside(this.key("why"));
    this.aside.hidden = other === null || other === this.why.value;
    this.other.textContent = other ?? "";
    this.whyOnPaper.textContent = this.why.value;
    this.lines.hidden = this.shown && this.why.value !== "";
  }

  cover() {
    cancelAnimationFrame(this.frame);
    this.row.hidden = false;
    this.outcome.hidden = true;
    this.after.hidden = true;
    this.outcome.replaceChildren();
    this.numbers.replaceChildren();
    this.marks.replaceChildren();
    for (const part of [this.real, this.shade]) part.removeAttribute("d");
    this.lock();
    this.showWhy();
  }

  again() {
    this.shown = false;
    for (const what of ["points", "shape", "reason", "shown"]) this.keep(what, "");
    this.restore();
    this.handles[0].firstChild.focus({ preventScroll: true });
    this.figure.scrollIntoView({ block: "nearest" });
  }
}

for (const root of document.querySelectorAll('[data-widget="draw"]')) {
  try {
    new Draw(root);
  } catch (error) {
    root.setAttribute("data-ready", "");
    console.error(error.message);
  }
}
