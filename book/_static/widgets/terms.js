// Glossary terms: a marked word explains itself where a pointer rests on it, when it has the focus, and at a tap.
//
// Input    a.term, links to a glossary entry, and [data-widget="terms"] with script.data: by the id of the entry, which
//          is the link's fragment, {name, text}: the term and how its definition begins. Both are from book/_ext/terms.py.
// Output   One popover, beside the word it explains, with a link to the entry. To screen readers each word is a link
//          that is described by its definition; the popover's own link, which is the same, is for pointers.
// Events   A mouse over a word, the focus of the keyboard on it, or a first tap shows the popover; the second tap, a
//          click and Enter follow the link. It stays while the pointer or the focus is on the word or on it; Escape,
//          or a press elsewhere, closes it.
// Storage  None. Without JavaScript, or without popovers in the browser, the words are links.

/** A pointer on its way across the page is not a question; one on its way to the popover needs time. */
const SHOW_MS = 150;
const HIDE_MS = 300;

/** Between the word and the popover, and between the popover and the edge of the window. */
const AWAY = 6;
const MARGIN = 8;

const place = document.querySelector('[data-widget="terms"]');
const terms = JSON.parse(place.querySelector("script.data").textContent);
const tip = document.createElement("span");
let open = null;
let timer = 0;
let line = null;

function idOf(word) {
  return decodeURIComponent(word.hash.slice(1));
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/** Below the line of the word that was pointed at, or above it where there is no room; always in the window. */
function put() {
  const box = line === null ? open.getBoundingClientRect() : (open.getClientRects()[line] ?? open.getBoundingClientRect());
  const { width, height } = tip.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const below = box.bottom + AWAY;
  const above = box.top - AWAY - height;
  tip.style.left = `${Math.max(MARGIN, Math.min(box.left, clientWidth - MARGIN - width))}px`;
  tip.style.top = `${below + height > clientHeight && above >= 0 ? above : below}px`;
}

function show(word, at) {
  clearTimeout(timer);
  const told = terms[idOf(word)];
  if (!told) return;
  // Of a word that is broken over two lines, the half that is pointed at.
  const lines = [...word.getClientRects()];
  line = at ? Math.max(0, lines.findIndex((box) => at.clientY >= box.top && at.clientY <= box.bottom)) : 0;
  if (open !== word) {
    hide();
    open = word;
    const link = element("a", `${told.name} in the glossary`);
    link.href = word.href;
    tip.replaceChildren(element("b", told.name), element("span", told.text), link);
    tip.showPopover();
  }
  put();
}

function hide() {
  clearTimeout(timer);
  if (!open) return;
  open = null;
  tip.hidePopover();
}

function later(action, milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(action, milliseconds);
}

/** Whether the reader is still at the word or at its popover. */
function attended() {
  const focused = document.activeElement;
  return tip.matches(":hover") || open?.matches(":hover") || (focused === open && open?.matches(":focus-visible"));
}

function wordOf(target) {
  return target instanceof Element ? target.closest("a.term") : null;
}

function listen() {
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse") return;
    const word = wordOf(event.target);
    if (word && word !== open) later(() => show(word, event), SHOW_MS);
  });
  document.addEventListener("pointerout", (event) => {
    if (event.pointerType !== "mouse" || !(wordOf(event.target) || tip.contains(event.target))) return;
    later(() => attended() || hide(), open ? HIDE_MS : 0);
  });
  document.addEventListener("focusin", (event) => {
    const word = wordOf(event.target);
    if (word?.matches(":focus-visible")) show(word);
    // A press on the popover's words gives the focus to what holds it, the page's main part.
    else if (open && event.target !== open && !tip.contains(event.target) && !event.target.contains(tip)) hide();
  });

  // A finger cannot rest on a word: its first tap asks, the second follows the link.
  let asks = null;
  document.addEventListener("pointerdown", (event) => {
    const word = wordOf(event.target);
    asks = word && event.pointerType !== "mouse" && word !== open ? word : null;
    if (!word && open && !tip.contains(event.target)) hide();
  });
  document.addEventListener("click", (event) => {
    const word = wordOf(event.target);
    if (!word || word !== asks) return;
    asks = null;
    event.preventDefault();
    show(word, event);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  for (const change of ["scroll", "resize"]) {
    window.addEventListener(change, () => open && put(), { passive: true, capture: true });
  }
}

if (typeof tip.showPopover === "function") {
  tip.className = "term-tip";
  tip.setAttribute("popover", "manual");
  place.after(tip);
  for (const [id, { text }] of Object.entries(terms)) {
    const described = element("span", text);
    described.id = `about-${id}`;
    place.append(described);
  }
  for (const word of document.querySelectorAll("a.term")) {
    if (Object.hasOwn(terms, idOf(word))) word.setAttribute("aria-describedby", `about-${idOf(word)}`);
  }
  listen();
  place.setAttribute("data-ready", "");
}
