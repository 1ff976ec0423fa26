// The search page: what is typed, or what another page's box has sent (?q=), is looked for in the whole book.
//
// Input    ?q= in the address; search.json beside the page, fetched once; finder.js searches and ranks.
// Output   #search-results, #search-said, which is read out; #search-elsewhere where nothing was found. Texts of the book
//          become text, never markup.
// Events   Typing searches after a pause and puts the words into the address, so that it can be linked; Enter at once.
// Storage  None. Without JavaScript the page says what else leads to a word.
import { finder, pieces } from "./finder.js";

const PAUSE_MS = 200;
const PAGE = 20; // results that are shown at once
const LONG = 260; // letters of a quotation, at most
const SHORT = 60; // letters from which on it may end with its paragraph

const form = document.querySelector("form.search-page");
const box = form.querySelector("input");
const said = document.getElementById("search-said");
const list = document.getElementById("search-results");
const more = document.getElementById("search-more");
const elsewhere = document.getElementById("search-elsewhere");

let ready = null;
let shown = [];
let timer = 0;

const asked = () => new URLSearchParams(location.search).get("q") ?? "";

function load() {
  ready ??= fetch("search.json", { cache: "no-cache" }).then(async (response) => {
    if (!response.ok) throw new Error(`search.json: ${response.status}`);
    return finder(await response.json());
  });
  return ready;
}

function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

function withMarks(text, found) {
  return pieces(text, found).map((piece) => (piece.marked ? element("mark", piece.text) : piece.text));
}

const sentencesOf = (line) => line.split(/(?<=[.!?]["”]?)\s+/).map((sentence, at) => ({ sentence, begins: at === 0 }));

/** How many words of a text are marked, each counted once. */
function marks(text, found) {
  return new Set(pieces(text, found).flatMap((piece) => (piece.marked ? piece.text.toLowerCase() : []))).size;
}

/** The sentence that holds most of the words, and what follows it: to the end of a paragraph, or on if that is short. */
function quotation({ text, terms }) {
  const sentences = text.split("\n").flatMap(sentencesOf);
  const held = sentences.map(({ sentence }) => marks(sentence, terms));
  const first = held.indexOf(Math.max(...held));
  let quoted = sentences[first].sentence;
  for (const { sentence, begins } of sentences.slice(first + 1)) {
    if (quoted.length + sentence.length > LONG || (begins && quoted.length > SHORT)) break;
    quoted += ` ${sentence}`;
  }
  return quoted.length > LONG ? `${quoted.slice(0, LONG).replace(/\s+\S*$/, "")} …` : quoted;
}

function result(place) {
  const link = element("a", ...withMarks(place.title, place.terms));
  link.href = `${place.page}.html${place.place && `#${place.place}`}`;
  const where = [place.part, place.kind === "page" ? "" : place.of].filter(Boolean).join(" · ");
  const text = place.kind === "term" ? place.text.replaceAll("\n", " ") : quotation(place);
  const under = element("p", where);
  under.className = "search-where";
  const item = element("li", element("h2", link), under);
  if (text) item.append(element("p", ...withMarks(text, place.terms)));
  return item;
}

function show(from) {
  list.append(...shown.slice(from, from + PAGE).map(result));
  more.hidden = list.children.length >= shown.length;
}

const places = (number) => (number === 1 ? "One place" : `${number} places`);

/** What was found, in words. */
function counted({ places: { length }, whole, instead, letter }, query) {
  if (!query) return "";
  if (letter && length) return `Words of the glossary that begin with “${query}”. Type on to search the whole book.`;
  if (letter) return "Type on to search the whole book.";
  if (!length) return `Nothing in the book for “${query}”. Try another word for it, or look here:`;
  const words = instead ? `Nothing for “${query}”. Shown for “${instead}”` : `Shown for “${query}”`;
  if (!whole) return `${words}: ${places(length)}, each with some of the words.`;
  return `${words}: ${places(whole)}${length > whole ? `, then ${length - whole} with some of the words` : ""}.`;
}

async function search() {
  clearTimeout(timer);
  const query = box.value.trim();
  const address = new URL(location.href);
  if (query) address.searchParams.set("q", query);
  else address.searchParams.delete("q");
  if (address.href !== location.href) history.replaceState(null, "", address);
  let book;
  try {
    book = await load();
  } catch (error) {
    ready = null;
    console.error(error);
    said.textContent = "The list of what is in the book did not arrive. Check the connection, then search again.";
    return;
  } finally {
    list.classList.remove("awaited");
  }
  // Meanwhile more may have been typed.
  if (box.value.trim() !== query) return;
  const found = book.find(query);
  shown = found.places;
  list.replaceChildren();
  show(0);
  elsewhere.hidden = shown.length > 0;
  said.textContent = counted(found, query);
}

box.value = asked();
list.classList.toggle("awaited", box.value !== ""); // room for what will be found, so that it pushes nothing away
box.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(search, PAUSE_MS);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  search();
});
more.addEventListener("click", () => {
  const before = list.children.length;
  show(before);
  list.children[before].querySelector("a").focus();
});
// Whoever has searched from another page goes on from here: the next Tab is the first result.
search().then(() => {
  if (asked() && document.activeElement === document.body) said.focus({ preventScroll: true });
});
