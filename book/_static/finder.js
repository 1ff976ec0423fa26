// Finds places in the book by words: the rules by which search.js searches and ranks. No page is touched here.
//
// Input    the entries of search.json, as book/_ext/search.py writes them: {page, of, part, kind, place, title, words, text}
// Output   finder(entries) resolves to find(query); pieces(text, terms) tells which words of a text to mark
import { MiniSearch, stemmer } from "./vendor/search.js";

// Too common to tell one place from another, and what a question is made of.
const COMMON = new Set(
  ("a about am an and any are as at be been but by can could did do does for from get had has have how i if in into is it its " +
    "me my no not of on or our please should so than that the their them there these they this to us was we were what when where " +
    "which who whose why will with would you your").split(" "),
);

// A number, with its exponent; or a word, with the hyphens and dots in it.
const TOKEN = /\d+(?:[.,]\d+)*(?:e[-−+]?\d+)?(?![\p{L}\p{N}])|[\p{L}\p{N}]+(?:[-_.'’][\p{L}\p{N}]+)*/giu;

/** 0.00002, 0,00002 and 2e-5 are one number; so are 3,000 and 3000. */
function number(text) {
  const plain = /^[1-9]\d{0,2}(,\d{3})+$/.test(text) ? text.replaceAll(",", "") : text.replace(",", ".");
  const value = Number(plain.replace("−", "-"));
  return Number.isNaN(value) ? null : String(value);
}

const IZE = /(?<=..)is(?=(e|ed|er|ers|es|ing|ation|ations)$)/;
const OR = /(?<=..)our(?=(s|ed|ing|able)?$)/;

/** British and American spelling are one: optimise and optimize, colour and color. */
const spelled = (word) => word.replace(IZE, "iz").replace(OR, "or");
const stem = (word) => stemmer(spelled(word));

/** The words of a token: its parts, or itself. */
function parts(token) {
  const value = /^\d/.test(token) ? number(token.toLowerCase()) : null;
  if (value !== null) return [value];
  return token.toLowerCase().replace(/['’](s$)?/g, "").split(/[-_.]/).filter(Boolean);
}

function wordsOf(text) {
  return tokens(text).flatMap(parts).filter((word) => !COMMON.has(word));
}

const kept = new Map();

/** What a token is found by: the stem of each part, and of the whole, so that "warmup" finds "warm-up". */
function terms(token) {
  if (!kept.has(token)) {
    const all = parts(token);
    const whole = all.length > 1 && token.includes("-") ? [all.join("")] : [];
    kept.set(token, [...new Set([...all, ...whole].filter((word) => !COMMON.has(word)).map(stem))]);
  }
  return kept.get(token);
}

const tokens = (text) => text.match(TOKEN) ?? [];

const joined = (words) => words.map(spelled).join("");

/** The names by which a place can be asked for, none with spaces, hyphens or common words. */
function names({ kind, title, words }) {
  const all = [...(kind === "term" ? title.split(", ") : [title]), ...(words ? words.split(", ") : [])];
  return all.map((name) => joined(wordsOf(name)));
}

/** What is for coaches, which runs ahead of the activities, or for programmers comes after what is for learners. */
const forOthers = ({ page }) => page.startsWith("coach/") || page === "reference/api";

/** How much a place counts: a meaning most, what is to look up least. */
function weight({ kind, page }) {
  if (kind === "term") return 1.5;
  return (page.startsWith("reference/") ? 0.7 : 1) * (kind === "page" ? 1.3 : 1);
}

const PREFIX = 3; // letters from which on a word may be the beginning of another
const FEW = 5; // places with all words, below which those with some follow

/** The same places, each at its first only. */
function unlike(found) {
  const seen = new Set();
  return found.filter(({ id }) => !seen.has(id) && seen.add(id));
}

export async function finder(entries) {
  const index = new MiniSearch({
    fields: ["title", "words", "of", "text"],
    tokenize: (text) => tokens(text).flatMap(terms),
    processTerm: (term) => term,
  });
  // In small parts, between which the page answers: at once they would hold a phone for a second.
  await index.addAllAsync(entries.map((entry, id) => ({ ...entry, id, of: entry.kind === "section" ? entry.of : "" })));
  const named = entries.map((entry) => names(entry));
  let spelling = null;

  function look(words, combineWith) {
    const found = index.search(words.map(stem).join(" "), {
      tokenize: (text) => text.split(" "),
      combineWith,
      prefix: (term) => term.length >= PREFIX && !/^\d/.test(term),
      boost: { title: 5, words: 5, of: 1.5 },
      weights: { prefix: 0.3, fuzzy: 0 },
      boostDocument: (id) => weight(entries[id]),
    });
    return found.sort((one, other) => forOthers(entries[one.id]) - forOthers(entries[other.id]));
  }

  /** The word of the book that is nearest to one that is not in it, or none. */
  function nearest(word) {
    if (!spelling) {
      spelling = new MiniSearch({ fields: ["id"], tokenize: (text) => [text], processTerm: (term) => term });
      const all = new Set(entries.flatMap(({ title, text }) => wordsOf(`${title} ${text}`)));
      spelling.addAll([...all].filter((id) => /^\p{L}{3,}$/u.test(id)).map((id) => ({ id })));
    }
    return spelling.search(word, { fuzzy: 0.3 }).slice(0, 1).map(({ id }) => id);
  }

  /** The places that the words are a name of, written in one word or in several; those with other endings last. */
  function called(words) {
    const asked = joined(words);
    if (!asked) return [];
    const alike = stemmer(asked);
    const rank = (name) => (name === asked ? 2 : Number(stemmer(name) === alike));
    // By another word for it, nothing in the place itself was found.
    const inTitle = ({ kind, title }) => kind === "term" || stemmer(joined(wordsOf(title))) === alike;
    return entries
      .map((entry, id) => ({
        id,
        rank: Math.max(...named[id].map(rank)),
        terms: inTitle(entry) ? tokens(entry.title).flatMap(terms) : [],
      }))
      .filter((found) => found.rank)
      .sort((one, other) => other.rank - one.rank || weight(entries[other.id]) - weight(entries[one.id]));
  }

  /** The words of the glossary that begin with a letter. */
  function beginning(letter) {
    const begins = ({ kind, title }) => kind === "term" && title.toLowerCase().startsWith(letter);
    return entries.flatMap((entry, id) => (begins(entry) ? { id, terms: [] } : []));
  }

  /**
   * The places for a query, the likeliest first, each with the terms that were found in it, and how many of them have
   * all its words; `instead`, if a word is not in the book and was read as another; `letter`, if no more was typed.
   */
  function find(query) {
    const typed = wordsOf(query);
    const letter = /^\p{L}$/u.test(query);
    const words = typed.flatMap((word) => (look([word], "AND").length ? word : nearest(word)));
    const byName = called(typed);
    const all = [...byName, ...called(words), ...look(words, "AND")];
    const found = letter ? beginning(query.toLowerCase()) : unlike(all);
    const whole = found.length;
    if (!letter && whole < FEW) found.push(...unlike([...all, ...look(words, "OR")]).slice(whole));
    return {
      places: found.map(({ id, terms: matched }) => ({ ...entries[id], terms: matched })),
      whole,
      instead: byName.length || words.join() === typed.join() ? null : words.join(" "),
      letter,
    };
  }

  return { find };
}

/** A text in pieces, {text, marked}: what is marked has one of the terms that a search has found. */
export function pieces(text, found) {
  const wanted = new Set(found);
  const all = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (!terms(match[0]).some((term) => wanted.has(term))) continue;
    if (match.index > end) all.push({ text: text.slice(end, match.index), marked: false });
    all.push({ text: match[0], marked: true });
    end = match.index + match[0].length;
  }
  if (end < text.length) all.push({ text: text.slice(end), marked: false });
  return all;
}
