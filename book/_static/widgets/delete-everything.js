// Delete everything that this site has kept in this browser, after asking once.
//
// Input    [data-widget="delete-everything"]: what a reader without JavaScript sees.
// Output   A button, a dialog that says what there is, and a sentence when it is done.
// Events   answers.js tells of each answer that is gone.
// Storage  Deletes every answer, and every other key of localStorage and sessionStorage that begins with "downhill-":
//          edits of code (downhill-code …), the colours (downhill-theme), notes of the laptop test
//          (downhill-laptop-…), where code runs (downhill-place). Not the book that is kept for offline, nor the
//          note of it (downhill-offline …): somebody on a train may need it.

import * as answers from "../answers.js";

const OURS = "downhill-";
const OFFLINE = "downhill-offline ";
const EDIT = "downhill-code ";

function make(tag, attributes = {}, ...children) {
  const element = Object.assign(document.createElement(tag), attributes);
  element.append(...children);
  return element;
}

const every = (storage) => Array.from({ length: storage.length }, (_, at) => storage.key(at));
const keys = (storage) => every(storage).filter((key) => key.startsWith(OURS) && !key.startsWith(OFFLINE));

const attempt = (action) => {
  try {
    return action();
  } catch {
    return null;
  }
};
const storages = () => [() => localStorage, () => sessionStorage].map(attempt).filter(Boolean);
const left = () => storages().flatMap((storage) => attempt(() => keys(storage)) ?? []);
const kept = () => storages().some((storage) => attempt(() => every(storage).some((key) => key.startsWith(OFFLINE))));
const counted = (number, one, many) => `${number === 0 ? "no" : number} ${number === 1 ? one : many}`;

/** What there is to delete, in words. */
export function inWords(names, others) {
  const edits = others.filter((key) => key.startsWith(EDIT)).length;
  const given = counted(names.length, "answer", "answers");
  return (
    `This browser has ${given} of yours, to the worksheet and to the questions in the chapters, and ` +
    `${counted(edits, "edit", "edits")} of code. They are deleted for good, and so are your choice of colours and ` +
    "the notes of the laptop test. Print what you want to have first."
  );
}

function start(place) {
  const open = make("button", { type: "button" }, "Delete everything from this browser");
  const done = make("output");
  const what = make("p", { id: "delete-what" });
  const heading = make("h2", { id: "delete-heading" }, "Delete everything?");
  const yes = make("button", { type: "button", className: "primary" }, "Delete everything");
  // First in the dialog, so that it has the focus.
  const no = make("button", { type: "button" }, "Keep it");
  const dialog = make(
    "dialog",
    { className: "delete-everything" },
    heading,
    what,
    make("div", { className: "delete-buttons" }, no, yes),
  );
  dialog.setAttribute("aria-labelledby", heading.id);
  dialog.setAttribute("aria-describedby", what.id);

  open.addEventListener("click", () => {
    done.textContent = "";
    what.textContent = inWords(answers.names(), left());
    dialog.showModal();
  });
  no.addEventListener("click", () => dialog.close());
  yes.addEventListener("click", () => {
    const count = answers.clear();
    for (const storage of storages()) attempt(() => keys(storage).forEach((key) => storage.removeItem(key)));
    dialog.close();
    done.textContent = left().length
      ? "This browser would not delete everything: clear this site's data in the browser's settings."
      : `Deleted, with ${counted(count, "answer", "answers")}. ` +
        (kept()
          ? "The book itself is still kept for offline; Keep for offline, at the foot of this page, leads to where it is removed."
          : "This site keeps nothing in this browser now.");
  });
  place.replaceChildren(open, done, dialog);
}

for (const place of document.querySelectorAll('[data-widget="delete-everything"]')) start(place);
