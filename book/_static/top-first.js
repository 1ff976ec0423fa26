// A long page opens with its top; the sections below the window are laid out in the moments after, a few at a time, so
// that the page answers meanwhile. Laid out at once, a chapter with many figures would hold a phone for a second.
// Input    html.top-first, by which site.css lets the sections wait. The page's first script sets it where a page opens
//          at its top: for a link to a place further down, on the way back and after a reload, all has to be there.
// Output   the class is gone, and a "resize" event says that there is more to measure.
// Events   a click on a link to a place on this page ends the wait.

const SLICE_MS = 5;
const AT_ONCE = 12;

const root = document.documentElement;
const sections = [...document.querySelectorAll("main section[id] section[id]")];
let measured = 0;
let shown = 0;

/** Has sections laid out while they wait, so that to show them costs little. */
function measure() {
  const end = performance.now() + SLICE_MS;
  while (measured < sections.length && performance.now() < end) sections[measured++].lastElementChild.getBoundingClientRect();
  if (measured < sections.length) requestIdleCallback(measure);
  else requestAnimationFrame(show);
}

/** Shows some sections in each picture: all in one would take long, and each moves what is below it. */
function show() {
  for (const section of sections.slice(shown, (shown += AT_ONCE))) section.style.contentVisibility = "visible";
  if (shown < sections.length) requestAnimationFrame(show);
  else finish();
}

function finish() {
  if (!root.classList.contains("top-first")) return;
  root.classList.remove("top-first");
  for (const section of sections) section.style.contentVisibility = "";
  dispatchEvent(new Event("resize"));
}

function follow({ target }) {
  const link = target.closest?.("a[href]");
  if (link?.hash && link.pathname === location.pathname) finish();
}

if (root.classList.contains("top-first")) {
  addEventListener("click", follow, { capture: true });
  if (document.readyState === "complete") requestIdleCallback(measure);
  else addEventListener("load", () => requestIdleCallback(measure));
}
