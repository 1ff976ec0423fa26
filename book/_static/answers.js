// What the reader answered, in this browser only: the worksheet's fields, and what was chosen in checks and widgets.
// In    read(name)         the answer as it was last kept, or null
//       write(name, value) keeps a text; true if it was kept, false if this browser would not (it says so once)
//       names()            every name with an answer
//       onChange(listener) hears (name, value) of each change, in this tab or another
// Storage: "downhill-answer <name>" in localStorage, a key for each answer, so that two tabs never write over
// each other's other answers.

const PREFIX = "downhill-answer ";

export function read(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

export function write(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
    return true;
  } catch {
    return false;
  }
}
