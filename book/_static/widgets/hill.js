// The landing page's hill: one more real step of all three walks at each press.
// Input: figure[data-widget=hill] with the computed steps in it (data-step, data-height), a button.hill-step
// and an output.hill-said beside it. Output: which steps are seen, and the three heights in words.
// Events: none. Storage: none.

const figure = document.querySelector("[data-widget=hill]");
const button = document.querySelector(".hill-step");
const said = document.querySelector(".hill-said");
const last = Number(figure.dataset.steps);
const parts = [...figure.querySelectorAll("[data-step]")];
const heights = {};
for (const part of figure.querySelectorAll(".walk")) {
  const name = part.classList[1];
  (heights[name] ??= [figure.dataset.start])[part.dataset.step] = part.dataset.height;
}
// Enough steps for the three to have parted; the reader takes the next one.
let step = 4;

function show() {
  for (const part of parts) part.classList.toggle("ahead", Number(part.dataset.step) > step);
  for (const place of figure.querySelectorAll("[data-walk]")) {
    place.textContent = `height ${heights[place.dataset.walk][step]}`;
  }
  button.textContent = step === last ? "Start again at the top" : step ? "Take one more step" : "Take the first step";
}

function say() {
  const at = (name) => heights[name][step];
  said.textContent = step
    ? `Step ${step}. Heights: tiny steps ${at("low")}, right steps ${at("right")}, giant steps ${at("high")}.`
    : `All three are back at the start, height ${at("low")}.`;
}

button.hidden = false;
button.addEventListener("click", () => {
  step = step === last ? 0 : step + 1;
  show();
  say();
});
show();
