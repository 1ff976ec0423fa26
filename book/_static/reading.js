// The reader's text size and spacing: a small form behind the button Aa in the header.
// Input    details.reading in the header; html[data-size] ("larger", "largest") and html[data-spacing] ("wide"),
//          which the page's first script has set from storage before anything was painted.
// Output   the same attributes, which site.css reads.
// Storage  downhill-size, downhill-spacing: written when the reader chooses, removed with "Normal".

const root = document.documentElement;
const panel = document.querySelector("details.reading");
const form = panel.querySelector("form");

for (const input of form.elements) {
  if (input.name) input.checked = input.value === (root.dataset[input.name] ?? "");
}
panel.hidden = false;

form.addEventListener("change", ({ target: { name, value } }) => {
  if (value) root.dataset[name] = value;
  else delete root.dataset[name];
  // What scrolls depends on the size of the text.
  dispatchEvent(new Event("resize"));
  try {
    if (value) localStorage.setItem(`downhill-${name}`, value);
    else localStorage.removeItem(`downhill-${name}`);
  } catch {
    // Storage is refused: the choice holds for this page.
  }
});
form.addEventListener("submit", (event) => event.preventDefault());

panel.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !panel.open) return;
  panel.open = false;
  panel.querySelector("summary").focus();
});
document.addEventListener("pointerdown", (event) => {
  if (!panel.contains(event.target)) panel.open = false;
});
