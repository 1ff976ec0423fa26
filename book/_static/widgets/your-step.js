// Your step: a ball in a valley, and a reader who chooses how far it goes at each step.
//
// Every step is one step of gradient descent, computed by the functions below and by nothing else.
//
// Input    An element [data-widget="your-step"]; what it holds is what a reader without JavaScript sees. Attributes:
//            data-name          the valley's name in a sentence            "wide valley"
//            data-curvature     how sharply it curves, above 0             "1"
//            data-start-height  the height the ball starts at              "2"
//            data-rim           the height of the rim, above the start     "5"
//            data-step          the step size at first, one of STEP_SIZES  "0.32"
//            data-question      what to predict before the first step
//            data-follows       the name of another valley on the page: the best step size found there is taken over
//                               here, if it is larger than data-step and the reader has not begun
// Output   The drawing, its words, and a table of the reader's walks, all inside the element.
// Event    "downhill:walk" on the document when a walk ends: {valley, size, steps, ending}.
// Storage  None: a reload starts afresh.
// No JavaScript, or an attribute that is wrong: the element stays as it is.

/** From 0.02 to 5, twenty sizes for every factor of ten: the preferred numbers of ISO 3 (series R'20), which are evenly
 *  spread on a logarithmic scale and short enough that the size shown is the size used. */
const PREFERRED = [1, 1.1, 1.25, 1.4, 1.6, 1.8, 2, 2.2, 2.5, 2.8, 3.2, 3.6, 4, 4.5, 5, 5.6, 6.3, 7.1, 8, 9];
export const STEP_SIZES = Object.freeze(
  [-2, -1, 0]
    .flatMap((power) => PREFERRED.map((size) => Number(`${size}e${power}`)))
    .filter((size) => size >= 0.02 && size <= 5),
);
const SCALE = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** Lower than this is the bottom: a ball on a curved floor only ever gets nearer to height 0. */
export const BOTTOM = 0.01;

/** A ball that has kept its height for so many steps is bouncing. */
export const BOUNCES = 6;

/** The valley that an element describes. Throws one sentence that names the attribute and what it may be. */
export function readValley(data) {
  const number = (key, above) => {
    const value = Number(data[key]);
    if (data[key] === undefined || !Number.isFinite(value) || value <= above) {
      const attribute = key.replace(/[A-Z]/g, (letter) => "-" + letter.toLowerCase());
      throw new RangeError(`your-step: data-${attribute} is "${data[key]}"; it must be a number above ${above}.`);
    }
    return value;
  };
  if (!data.name) throw new RangeError('your-step: data-name is missing; it must name the valley, as in "wide valley".');
  const curvature = number("curvature", 0);
  const startHeight = number("startHeight", BOTTOM);
  const rim = number("rim", startHeight);
  return Object.freeze({ name: data.name, curvature, startHeight, rim });
}

/** How far from the middle the walls end. */
export function halfWidth(valley) {
  return Math.sqrt((2 * valley.rim) / valley.curvature);
}

/** Where the ball starts: on the left wall, at the start height. */
export function start(valley) {
  return -Math.sqrt((2 * valley.startHeight) / valley.curvature);
}

/** The height of the ground at a place: a bowl up to the rim, flat land beyond it. */
export function height(valley, place) {
  return Math.min((valley.curvature * place * place) / 2, valley.rim);
}

/** The slope of the ground at a place: the derivative of the height. */
export function gradient(valley, place) {
  return Math.abs(place) < halfWidth(valley) ? valley.curvature * place : 0;
}

/** One step of gradient descent: against the slope, and as far as step size times slope. */
export function step(valley, place, size) {
  return place - size * gradient(valley, place);
}

/** The step size above which the ball climbs out. In a bowl one step multiplies the distance to the middle by
 *  1 - size * curvature, which shrinks it just when size < 2 / curvature. */
export function limit(valley) {
  return 2 / valley.curvature;
}

/** "lower", "higher" or "same": the latest height beside the one before it. */
export function change(valley, places) {
  const [before, now] = places.slice(-2).map((place) => height(valley, place));
  if (Math.abs(now - before) <= 1e-9 * before) return "same";
  return now < before ? "lower" : "higher";
}

/** How a walk ended: "bottom", "bouncing" or "out"; or "walking" when it has not. */
export function ending(valley, places) {
  const now = places.at(-1);
  if (Math.abs(now) >= halfWidth(valley)) return "out";
  if (height(valley, now) < BOTTOM) return "bottom";
  const changes = places.slice(1).map((_, index) => change(valley, places.slice(index, index + 2)));
  return changes.length >= BOUNCES && changes.slice(-BOUNCES).every((word) => word === "same") ? "bouncing" : "walking";
}

/** The places of a walk from the start until it ends, or until the last step allowed. */
export function walk(valley, size, lastStep = 1000) {
  const places = [start(valley)];
  while (places.length <= lastStep && ending(valley, places) === "walking") {
    places.push(step(valley, places.at(-1), size));
  }
  return places;
}

/** A height as the widget writes it. */
export function heightInWords(value) {
  if (value >= 0.1) return value.toFixed(2);
  return value < 0.0005 ? "0" : value.toFixed(3);
}

const steps = (count) => `${count} ${count === 1 ? "step" : "steps"}`;

/** The latest step of a walk, as one sentence. */
export function tell(valley, places) {
  const now = heightInWords(height(valley, places.at(-1)));
  if (places.length === 1) return `Start: height ${now}.`;
  const compared = { lower: "lower than before", higher: "higher than before", same: "the same as before" };
  const over = ending(valley, places) === "out" ? ", over the rim" : "";
  const crossed = !over && places.at(-1) * places.at(-2) < 0 ? ", on the other side" : "";
  return `Step ${places.length - 1}: height ${now}, ${compared[change(valley, places)]}${over || crossed}.`;
}

/** The reader's guess held against what happened. A guess is {steps, size}; steps is Infinity for "never". */
export function mirror(guess, size, places, ended) {
  const count = places.length - 1;
  const never = guess.steps === Infinity;
  if (guess.size !== size) return `Your guess was for ${guess.size}: set the slider there to see how it does.`;
  const said = never ? "You said it never gets there" : `You guessed ${steps(guess.steps)}`;
  if (ended !== "bottom") return never ? `${said}, and it does not.` : `${said}. With this step size it never gets there.`;
  if (never) return `${said}. It took ${steps(count)}.`;
  if (guess.steps === count) return `${said}, and you were right.`;
  return `${said}. It took ${guess.steps > count ? "only " : ""}${count}.`;
}

const ENDINGS = {
  bottom: { sign: "●", table: "reached the bottom" },
  bouncing: { sign: "◆", table: "bounces for ever" },
  out: { sign: "▲", table: "climbed out" },
  walking: { sign: "▼", table: "still on its way" },
};
const SVG = "http://www.w3.org/2000/svg";
const VIEW_HALF_WIDTH = 4;
const LONG_WALK = 20;
const TWEEN_MS = 320;

/** An element with attributes and children; "svg:" before the tag makes it part of a drawing. */
function make(tag, attributes = {}, ...children) {
  const element = tag.startsWith("svg:") ? document.createElementNS(SVG, tag.slice(4)) : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** The drawing of one valley: ground, trail and ball, at the width the page gives it. */
class Drawing {
  constructor(valley) {
    this.valley = valley;
    this.ground = make("svg:g");
    this.trail = make("svg:g");
    this.ball = make("svg:circle", { class: "ys-ball" });
    this.svg = make("svg:svg", { role: "img" }, this.ground, this.trail, this.ball);
    this.places = [start(valley)];
    new ResizeObserver(() => this.fit()).observe(this.svg);
  }

  fit() {
    const width = this.svg.clientWidth;
    if (!width || width === this.width) return;
    this.width = width;
    this.unitX = width / (2 * VIEW_HALF_WIDTH);
    this.unitY = Math.min(Math.max(this.unitX * 0.75, 34), 54);
    this.radius = width < 400 ? 8 : 10;
    this.sky = 2.5 * this.radius + 22;
    this.floor = this.sky + this.valley.rim * this.unitY;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${this.floor + 38}`);
    this.svg.style.aspectRatio = `${width} / ${this.floor + 38}`;
    this.drawGround();
    this.show(this.places);
  }

  x(place) {
    return this.width / 2 + place * this.unitX;
  }

  y(value) {
    return this.floor - value * this.unitY;
  }

  drawGround() {
    const { valley, width } = this;
    const half = halfWidth(valley);
    // A parabola is exactly one quadratic Bézier curve: its control point lies as far below the floor as the rim above.
    const surface =
      `M0 ${this.y(valley.rim)}H${this.x(-half)}` +
      `Q${this.x(0)} ${this.y(-valley.rim)} ${this.x(half)} ${this.y(valley.rim)}H${width}`;
    const parts = [make("svg:path", { class: "ys-land", d: `${surface}V${this.floor + 38}H0Z` })];
    for (let level = 0; level <= valley.rim; level += 1) {
      const wall = Math.sqrt((2 * level) / valley.curvature);
      const y = this.y(level);
      if (level < valley.rim) {
        parts.push(
          make("svg:path", { class: "ys-level", d: `M0 ${y}H${this.x(-wall)}M${this.x(wall)} ${y}H${width}` }),
          make("svg:path", { class: "ys-level ys-air", d: `M${this.x(-wall)} ${y}H${this.x(wall)}` }),
        );
      }
      parts.push(make("svg:text", { class: "ys-number", x: 6, y: y + 15 }, String(level)));
    }
    parts.push(make("svg:path", { class: "ys-surface", d: surface }));
    this.ground.replaceChildren(...parts);
  }

  /** Where the ball's foot is, and the direction away from the ground there. */
  foot(place) {
    const slope = (-gradient(this.valley, place) * this.unitY) / this.unitX;
    const length = Math.hypot(1, slope);
    return { x: this.x(place), y: this.y(height(this.valley, place)), outX: slope / length, outY: -1 / length };
  }

  /** The top of the arc between two feet. */
  top(from, to) {
    const lift = Math.min(0.2 * Math.abs(to.x - from.x), this.sky);
    return { x: (from.x + to.x) / 2, y: Math.min(from.y, to.y) - lift };
  }

  show(places, moving = false) {
    this.places = places;
    if (!this.width) return;
    const feet = places.map((place) => this.foot(place));
    const arcs = [];
    const marks = [];
    const numbers = [];
    feet.forEach((foot, index) => {
      const word = index ? change(this.valley, places.slice(index - 1, index + 1)) : "lower";
      // A ball that bounces takes the same way again: it is drawn once.
      if (index && !(word === "same" && index > 1)) {
        const from = feet[index - 1];
        const top = this.top(from, foot);
        const d = `M${from.x} ${from.y}Q${top.x} ${top.y} ${foot.x} ${foot.y}`;
        arcs.push(make("svg:path", { class: `ys-arc ys-${word}`, d }));
      }
      const d = word === "higher" ? "M0 -6L5.5 4.5H-5.5Z" : "M-3.8 0A3.8 3.8 0 1 1 3.8 0A3.8 3.8 0 1 1 -3.8 0Z";
      marks.push(make("svg:path", { class: `ys-mark ys-${word}`, d, transform: `translate(${foot.x} ${foot.y})` }));
    });
    // Latest first: where numbers would overlap, the newer one stands.
    const taken = [];
    for (let index = feet.length - 1; index >= 0; index -= 1) {
      const foot = feet[index];
      const spot = { x: foot.x - 15 * foot.outX, y: foot.y - 15 * foot.outY };
      const near = (other) => Math.hypot(spot.x - other.x, spot.y - other.y) < 18;
      if (foot.x < 0 || foot.x > this.width || taken.some(near)) continue;
      taken.push(spot);
      const place = { class: index ? "ys-count" : "ys-count ys-start", x: spot.x, y: spot.y + 5 };
      numbers.push(make("svg:text", place, index ? String(index) : "start"));
    }
    this.trail.replaceChildren(...arcs, ...marks, ...numbers, ...this.outOfSight(feet.at(-1)));
    this.svg.setAttribute("aria-label", this.inWords());
    if (moving && feet.length > 1) this.move(feet.at(-2), feet.at(-1));
    else this.place(feet.at(-1), feet.at(-1));
  }

  /** A sign at the edge for a ball that landed beyond it. */
  outOfSight(foot) {
    if (foot.x > 0 && foot.x < this.width) return [];
    const right = foot.x > 0;
    const x = right ? this.width - 8 : 8;
    const y = this.y(this.valley.rim) - 14;
    return [make("svg:text", { class: "ys-gone", x, y, "text-anchor": right ? "end" : "start" }, right ? "out ▸" : "◂ out")];
  }

  inWords() {
    const now = this.places.at(-1);
    const side = now < 0 ? "left" : "right";
    const inside = now ? `on its ${side} wall` : "at its lowest point";
    const where = ending(this.valley, this.places) === "out" ? `out of it on the ${side}` : inside;
    const told = heightInWords(height(this.valley, now));
    return `A ${this.valley.name} in cross-section. After ${steps(this.places.length - 1)} the ball is ${where}, at height ${told}.`;
  }

  place(point, foot) {
    cancelAnimationFrame(this.frame);
    this.ball.setAttribute("r", this.radius);
    this.ball.setAttribute("cx", point.x + this.radius * foot.outX);
    this.ball.setAttribute("cy", point.y + this.radius * foot.outY);
  }

  /** Along the arc, unless the reader asked for less motion. */
  move(from, to) {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return this.place(to, to);
    const top = this.top(from, to);
    const began = performance.now();
    const tick = (time) => {
      const t = Math.min(Math.max((time - began) / TWEEN_MS, 0), 1);
      const at = (a, b, c) => (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t ** 2 * c;
      const turn = { outX: from.outX + (to.outX - from.outX) * t, outY: from.outY + (to.outY - from.outY) * t };
      this.place({ x: at(from.x, top.x, to.x), y: at(from.y, top.y, to.y) }, turn);
      if (t < 1) this.frame = requestAnimationFrame(tick);
    };
    tick(began);
  }
}

let made = 0;

/** One widget: what the reader has done, and the page's elements that show it. */
class YourStep {
  constructor(root) {
    this.valley = readValley(root.dataset);
    this.size = Number(root.dataset.step);
    if (!STEP_SIZES.includes(this.size)) {
      throw new RangeError(`your-step: data-step is "${root.dataset.step}"; it must be one of ${STEP_SIZES.join(", ")}.`);
    }
    this.firstSize = this.size;
    this.guess = null;
    this.mirrored = false;
    this.walks = new Map();
    this.carried = Infinity;
    this.places = [start(this.valley)];
    this.ended = "walking";
    this.drawing = new Drawing(this.valley);
    this.build(root);
    this.restart("");
    if (root.dataset.follows) {
      document.addEventListener("downhill:walk", (event) => this.follow(event.detail, root.dataset.follows));
    }
  }

  build(root) {
    const id = `your-step-${(made += 1)}`;
    const name = this.valley.name[0].toUpperCase() + this.valley.name.slice(1);
    this.title = make("p", { class: "ys-title", id: `${id}-title` }, name);

    this.value = make("span", { class: "ys-value", "aria-hidden": "true" });
    this.slider = make("input", {
      type: "range", id: `${id}-size`, min: 0, max: STEP_SIZES.length - 1, step: 1, "aria-describedby": `${id}-limit`,
    });
    this.limitMark = make("span", { class: "ys-limit", id: `${id}-limit`, hidden: "" });
    const scale = make("span", { class: "ys-scale", "aria-hidden": "true" }, ...SCALE.map((size) => {
      const tick = make("span", {}, String(size));
      tick.style.setProperty("--at", this.share(size));
      return tick;
    }));
    const smaller = make("button", { type: "button", "aria-label": "Smaller step size" }, "−");
    const larger = make("button", { type: "button", "aria-label": "Larger step size" }, "+");
    const dial = make("div", { class: "ys-dial" },
      make("label", { for: `${id}-size` }, "Step size"), this.value, smaller, larger,
      make("div", { class: "ys-track" }, this.limitMark, this.slider, scale));

    this.question = make("label", { class: "ys-question", for: `${id}-guess` });
    this.number = make("input", {
      type: "number", id: `${id}-guess`, min: 1, max: 999, step: 1, required: "", inputmode: "numeric",
    });
    const never = make("button", { type: "button" }, "It never gets there");
    this.form = make("form", { class: "ys-guess" }, this.question,
      make("div", { class: "ys-row" }, this.number, make("button", { class: "primary" }, "Commit my guess"), never));

    this.go = make("button", { type: "button", class: "primary" }, "Take one step");
    const again = make("button", { type: "button" }, "Start again");
    this.committed = make("p", { class: "ys-committed" });
    this.controls = make("div", { class: "ys-row", hidden: "" }, this.go, again, this.committed);

    this.said = make("div", { class: "ys-said", role: "status" });
    this.trailTitle = make("summary");
    this.trailList = make("ol", { class: "ys-told", start: 0 });
    this.trail = make("details", { class: "ys-trail", hidden: "" }, this.trailTitle, this.trailList);
    this.rows = make("tbody");
    const heads = ["Step size", "What happened", "Steps"].map((text) => make("th", { scope: "col" }, text));
    this.table = make("table", { class: "ys-walks", hidden: "" },
      make("caption", {}, `Your walks in the ${this.valley.name}`), make("thead", {}, make("tr", {}, ...heads)), this.rows);

    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.commit(Number(this.number.value));
    });
    never.addEventListener("click", () => this.commit(Infinity));
    this.go.addEventListener("click", () => this.takeStep());
    again.addEventListener("click", () => this.restart("The ball is back at the start."));
    this.slider.addEventListener("input", () => this.choose(Number(this.slider.value)));
    smaller.addEventListener("click", () => this.choose(STEP_SIZES.indexOf(this.size) - 1, true));
    larger.addEventListener("click", () => this.choose(STEP_SIZES.indexOf(this.size) + 1, true));

    this.asked = root.dataset.question ?? "How many steps until the ball is at the bottom?";
    const written = make("div", { class: "ys-written", hidden: "" }, ...root.childNodes);
    const legend = make("figcaption", {}, make("span", { class: "ys-lower" }, "● lower"), ", ",
      make("span", { class: "ys-higher" }, "▲ higher"), " than the step before. Lines mark the height.");
    root.replaceChildren(written, make("div", { class: "ys", role: "group", "aria-labelledby": `${id}-title` }, this.title,
      make("figure", { class: "ys-figure" }, this.drawing.svg, legend),
      dial, this.form, this.controls, this.said, this.trail, this.table));
    root.setAttribute("data-ready", "");
    this.drawing.fit();
  }

  /** How far along the slider a step size stands, from 0 to 1. */
  share(size) {
    const [first, last] = [STEP_SIZES[0], STEP_SIZES.at(-1)].map(Math.log);
    return (Math.log(size) - first) / (last - first);
  }

  say(...sentences) {
    this.said.replaceChildren(...sentences.filter(Boolean).map((sentence) => make("p", {}, sentence)));
  }

  commit(count) {
    this.guess = { steps: count, size: this.size };
    this.form.hidden = true;
    this.controls.hidden = false;
    this.committed.textContent = `Your guess for ${this.size}: ${count === Infinity ? "never" : steps(count)}`;
    this.say("Your guess is kept. Take the first step.");
    this.go.focus();
  }

  /** Takes a step size by its place in STEP_SIZES. The slider says its own value; the buttons have to be spoken for. */
  choose(index, spoken = false) {
    const size = STEP_SIZES[index];
    if (size === undefined) return;
    const walked = this.places.length > 1;
    const back = walked ? "The ball is back at the start." : "";
    this.restart(walked || spoken ? `Step size ${size}. ${back}` : "", size);
  }

  restart(sentence, size = this.size) {
    this.keep();
    this.size = size;
    this.places = [start(this.valley)];
    this.ended = "walking";
    this.slider.value = STEP_SIZES.indexOf(this.size);
    this.slider.setAttribute("aria-valuetext", String(this.size));
    this.value.textContent = String(this.size);
    this.question.textContent = this.asked.replace("{size}", this.size);
    this.go.removeAttribute("aria-disabled");
    this.drawing.show(this.places);
    this.showTrail();
    this.say(sentence.trim());
  }

  takeStep() {
    if (this.ended === "bottom" || this.ended === "out") {
      this.say("This walk is over. Move the slider, or start again.");
      return;
    }
    const before = this.ended;
    this.places = [...this.places, step(this.valley, this.places.at(-1), this.size)];
    this.ended = ending(this.valley, this.places);
    this.drawing.show(this.places, true);
    this.showTrail();
    const told = tell(this.valley, this.places);
    if (this.ended === "walking" || this.ended === before) {
      const long = this.ended === "walking" && (this.places.length - 1) % LONG_WALK === 0;
      this.say(told, long && "Still on its way, a little at a time. You may carry on, or try a larger step.");
      return;
    }
    this.go.setAttribute("aria-disabled", String(this.ended !== "bouncing"));
    this.keep();
    this.say(told, `${this.explain()} ${this.mirrorOnce()}`, this.next());
    const detail = { valley: this.valley.name, size: this.size, steps: this.places.length - 1, ending: this.ended };
    document.dispatchEvent(new CustomEvent("downhill:walk", { detail }));
  }

  explain() {
    const count = this.places.length - 1;
    return {
      bottom: `The ball is at the bottom after ${steps(count)}.`,
      bouncing: "It bounces from wall to wall, never lower and never higher, and would do so for ever.",
      out: "The ball has climbed out. Out here the ground is flat: no slope shows it the way back.",
    }[this.ended];
  }

  mirrorOnce() {
    if (this.mirrored) return "";
    this.mirrored = this.guess.size === this.size;
    const downhill = this.ended === "bottom" && this.places.every((place) => place <= 0) && this.places.length > 2;
    const why = "Every step is shorter than the one before, because the ground gets flatter towards the bottom.";
    const mirrored = mirror(this.guess, this.size, this.places, this.ended);
    return this.mirrored && downhill ? `${mirrored} ${why}` : mirrored;
  }

  /** The fewest steps to the bottom so far; Infinity before the first such walk. */
  fewest() {
    return Math.min(...[...this.walks.values()].filter(({ ended }) => ended === "bottom").map(({ count }) => count));
  }

  next() {
    if (this.ended === "bottom") {
      if (this.fewest() === 1) return "One step: nobody can do it in fewer. What do larger steps do?";
      return "Now move the slider. In how few steps can you do it?";
    }
    if (this.ended === "bouncing") return "Try the smallest change up, and the smallest change down.";
    const known = !this.limitMark.hidden;
    this.showLimit();
    const value = limit(this.valley);
    return known ? `The limit of this valley is ${value}.` : `The limit of this valley, ${value}, is now marked on the slider.`;
  }

  showLimit() {
    const value = limit(this.valley);
    this.limitMark.replaceChildren(make("span", { class: "unseen" }, "In this valley: "), `limit ${value}`);
    this.limitMark.hidden = false;
    this.slider.parentElement.style.setProperty("--limit", this.share(value));
    this.slider.parentElement.classList.add("ys-limited");
  }

  /** Writes a walk into the table: when it ends, or when it is left after many steps. */
  keep() {
    const count = this.places.length - 1;
    if (!count || (this.ended === "walking" && count < LONG_WALK)) return;
    if (this.ended === "bouncing" && this.walks.get(this.size)?.ended === "bouncing") return;
    this.walks.set(this.size, { ended: this.ended, count });
    const kept = [...this.walks].sort(([a], [b]) => a - b);
    const fewest = this.fewest();
    this.rows.replaceChildren(...kept.map(([size, walked]) => {
      const { sign, table } = ENDINGS[walked.ended];
      const best = walked.ended === "bottom" && walked.count === fewest && kept.length > 1 ? ", fewest so far" : "";
      return make("tr", { class: `ys-${walked.ended}` }, make("th", { scope: "row" }, String(size)),
        make("td", {}, make("span", { class: "ys-sign", "aria-hidden": "true" }, sign), ` ${table}${best}`),
        make("td", {}, walked.ended === "bouncing" ? "no end" : String(walked.count)));
    }));
    this.table.hidden = false;
  }

  showTrail() {
    const count = this.places.length - 1;
    this.trail.hidden = count === 0;
    this.trailTitle.textContent = `The trail in words: ${steps(count)}`;
    const told = this.places.map((_, index) => tell(this.valley, this.places.slice(0, index + 1)));
    this.trailList.replaceChildren(...told.map((sentence) => make("li", {}, sentence)));
  }

  follow(found, name) {
    const settled = found.valley === name && found.ending === "bottom";
    if (this.guess || !settled || found.size <= this.firstSize || found.steps >= this.carried) return;
    this.carried = found.steps;
    this.restart("", found.size);
    this.say(`The slider is set to ${found.size}, your best in the ${name}: ${steps(found.steps)} there.`);
  }
}

for (const root of document.querySelectorAll('[data-widget="your-step"]')) {
  try {
    new YourStep(root);
  } catch (error) {
    root.setAttribute("data-ready", "");
    console.error(error.message);
  }
}
