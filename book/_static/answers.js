// What the reader answered, in this browser only: the worksheet's fields, and what was chosen in checks and widgets.
//
// In       read(name)               the answer as it was last written, or null
//          write(name, value)       keeps a text ("" forgets it); true if it was kept, false if this browser would not
//          keep(name, value, seen)  the same for a text that grew from `seen`, the answer as its writer last saw it
//                                   (null for none): what is kept in place of that by now is first put aside
//          aside(name)              an answer that another tab had, and this one did not write over; or null
//          forgetAside(name)
//          isKept(name)             false for an answer that this browser would not keep
//          names(), all()           every name with an answer; {name: answer} of all of them
//          clear()                  forgets every answer, and returns how many there were
//          keeps()                  whether this browser keeps anything, tried out
//          onChange(listener)       calls listener(name, value, from) at each change, and returns what ends that.
//                                   `from`: "here" (this page), "elsewhere" (another tab), "aside" (what is put aside
//                                   has changed), "cleared" (by clear() on this page), and, with the name "",
//                                   "emptied" (the whole storage was, by something that is not this site).
// Storage  "downhill-answer <name>" in localStorage, a key for each answer, so that two tabs never write over each
//          other's other answers; "downhill-answer-aside <name>". An answer is a text; what it means is its writer's
//          affair. Nothing but clear() removes a key that nobody here asked for.
//
// What is not kept is held in this page until it is left, so that everything on the page reads what was written.

const PREFIX = "downhill-answer ";
const ASIDE = "downhill-answer-aside ";
const EVERY = /^downhill-answer(-aside)? /;

/** A longer answer is not kept: it would take the room of all others. */
export const LONGEST = 20_000;

const listeners = new Set();
const unkept = new Map();
// What this page wrote last, to know it again.
const own = new Map();

function stored(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keep a text, and see that it was: some browsers take it and forget it. */
function put(key, text) {
  try {
    if (text) localStorage.setItem(key, text);
    else localStorage.removeItem(key);
    return (localStorage.getItem(key) ?? "") === text;
  } catch {
    return false;
  }
}

function keys() {
  try {
    return Array.from({ length: localStorage.length }, (_, at) => localStorage.key(at));
  } catch {
    return [];
  }
}

function tell(name, value, from) {
  for (const listener of [...listeners]) listener(name, value, from);
}

export function read(name) {
  return unkept.has(name) ? unkept.get(name) || null : stored(PREFIX + name);
}

/** Whether the browser has the answer that read() gives; else it goes with this page. */
export function isKept(name) {
  return !unkept.has(name);
}

export function write(name, value) {
  const text = String(value);
  const kept = text.length <= LONGEST && put(PREFIX + name, text);
  if (kept) {
    unkept.delete(name);
    own.set(name, text);
  } else {
    unkept.set(name, text);
  }
  tell(name, text || null, "here");
  return kept;
}

export function keep(name, value, seen) {
  const there = stored(PREFIX + name);
  const news = there !== null && there !== seen && there !== value;
  if (!news || putAside(name, there)) return write(name, value);
  // No room for both: the answer of the other tab stays where it is.
  unkept.set(name, value);
  return false;
}

function putAside(name, text) {
  const before = aside(name);
  if (before === text || before?.endsWith(`\n\n${text}`)) return true;
  const done = put(ASIDE + name, before === null ? text : `${before}\n\n${text}`);
  if (done) tell(name, read(name), "aside");
  return done;
}

export function aside(name) {
  return stored(ASIDE + name);
}

export function forgetAside(name) {
  put(ASIDE + name, "");
  tell(name, read(name), "aside");
}

export function names() {
  const kept = keys().filter((key) => key.startsWith(PREFIX));
  const held = [...unkept].filter(([, text]) => text).map(([name]) => name);
  return [...new Set([...kept.map((key) => key.slice(PREFIX.length)), ...held])].sort();
}

export function all() {
  return Object.fromEntries(names().map((name) => [name, read(name)]));
}

export function clear() {
  const cleared = names();
  unkept.clear();
  own.clear();
  for (const key of keys().filter((one) => EVERY.test(one))) put(key, "");
  for (const name of cleared) tell(name, null, "cleared");
  return cleared.length;
}

export function keeps() {
  return put("downhill-answer-probe", "1") && put("downhill-answer-probe", "");
}

export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

addEventListener("storage", ({ key, newValue, oldValue }) => {
  if (key === null) tell("", null, "emptied");
  else if (key.startsWith(ASIDE)) tell(key.slice(ASIDE.length), read(key.slice(ASIDE.length)), "aside");
  if (!key?.startsWith(PREFIX)) return;
  const name = key.slice(PREFIX.length);
  const there = stored(key);
  // Both tabs wrote before either had heard of the other, and ours came last.
  const crossed = own.has(name) && there === own.get(name) && ![there, null].includes(newValue) && oldValue !== there;
  if (crossed) putAside(name, newValue);
  else tell(name, there, "elsewhere");
});
