// What the page remembers. A browser that refuses storage costs the reader the memory, nothing else.
// Keys: "downhill-code <page path> <hash of our code>" in localStorage, "downhill-place" in sessionStorage.

function attempt(action) {
  try {
    return action();
  } catch {
    return null;
  }
}

/** A short hash of `text` (FNV-1a, 32 bits): edits of code that we have since changed are not brought back. */
export function hash(text) {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return (value >>> 0).toString(16).padStart(8, "0");
}

const key = (code) => `downhill-code ${location.pathname} ${hash(code)}`;

export const edits = {
  read: (ours) => attempt(() => localStorage.getItem(key(ours))),
  write: (ours, yours) => attempt(() => localStorage.setItem(key(ours), yours)),
  forget: (ours) => attempt(() => localStorage.removeItem(key(ours))),
};

/** The place chosen in this tab: {kind, address}. Never a token. */
export const choice = {
  read: () => attempt(() => JSON.parse(sessionStorage.getItem("downhill-place"))),
  write: (place) => attempt(() => sessionStorage.setItem("downhill-place", JSON.stringify(place))),
};
