// The header's two buttons, keyboard scrolling for what is wider than its place, and links that lead to where they say.
// Everything the buttons do is possible without them: chapters by the #chapters link, colours by the system's setting.
// Storage: downhill-theme ("light" or "dark"), written when the reader presses the colour button.

const root = document.documentElement;

const button = document.querySelector("button.theme");
const dark = matchMedia("(prefers-color-scheme: dark)");
const shown = () => root.dataset.theme ?? (dark.matches ? "dark" : "light");
const other = () => (shown() === "dark" ? "light" : "dark");

function label() {
  button.querySelector("span").textContent = other() === "dark" ? "Dark" : "Light";
}

button.hidden = false;
label();
dark.addEventListener("change", label);
button.addEventListener("click", () => {
  root.dataset.theme = other();
  label();
  try {
    localStorage.setItem("downhill-theme", root.dataset.theme);
  } catch {
    // Storage is refused: the choice holds for this page.
  }
});

const menu = document.querySelector("a.menu");
const chapters = document.getElementById("chapters");

function show(open) {
  chapters.classList.toggle("open", open);
  menu.setAttribute("aria-expanded", String(open));
}

menu.setAttribute("role", "button");
menu.setAttribute("aria-controls", "chapters");
show(false);
menu.addEventListener("click", (event) => {
  event.preventDefault();
  show(!chapters.classList.contains("open"));
});
menu.addEventListener("keydown", (event) => {
  if (event.key === " ") {
    event.preventDefault();
    menu.click();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chapters.classList.contains("open")) {
    show(false);
    menu.focus();
  }
});

// After a reload the browser goes back to a place in the page: nothing may have a guessed height. See site.css.
const [visit] = performance.getEntriesByType("navigation");
if (visit?.type !== "navigate") root.classList.add("returned");

// What modules write above the place that a link led to would push it away: it is held until two seconds after all has
// arrived, or until the reader moves on.
let held = Infinity;
addEventListener("load", () => (held = Math.min(held, performance.now() + 2000)));
addEventListener("hashchange", () => (held = performance.now() + 2000));
for (const moving of ["wheel", "touchmove", "keydown", "pointerdown"]) {
  addEventListener(moving, () => (held = 0), { passive: true });
}
new ResizeObserver(() => {
  if (performance.now() < held) document.querySelector(":target")?.scrollIntoView({ behavior: "instant" });
}).observe(document.querySelector("main"));

// What scrolls sideways can be reached by keyboard; what does not is no stop on the way through the page. Code that can
// be edited, which has a role, is always one. Asked when the browser has laid an element out, so that it never lays out
// what nobody has come to for this alone.
const sized = new ResizeObserver((entries) => {
  const elements = entries.map(({ target }) => target);
  const scrolls = elements.map((e) => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1);
  elements.forEach((element, index) => {
    if (scrolls[index]) element.tabIndex = 0;
    else if (!element.hasAttribute("role")) element.removeAttribute("tabindex");
  });
});
const watched = new WeakSet();
function watchScrollers() {
  for (const element of document.querySelectorAll("pre:not([role]), div.math, .table-scroll, .chart-picture")) {
    if (!watched.has(element)) sized.observe(element);
    watched.add(element);
  }
}
document.fonts.ready.then(() => {
  watchScrollers();
  // Widgets write more of them.
  new MutationObserver(watchScrollers).observe(document.querySelector("main"), { childList: true, subtree: true });
});
