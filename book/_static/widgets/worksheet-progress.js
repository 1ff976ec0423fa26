// How much of the worksheet is filled, part by part.
//
// Input    .worksheet-progress as book/_ext/worksheet.py writes it: script.data with {part: [[names of one answer]]},
//          and a list of as many items, each ending in how many answers its part asks for.
// Output   At the end of each item how many of them are there, and a bar before it; a button that prints the page.
// Events   None.
// Storage  None of its own; it hears of each change from answers.js.

import * as answers from "../answers.js";

/** How many of these have something: a row of a table is there once one of its cells is. */
export function filled(asked, given) {
  return asked.filter((names) => names.some((name) => name in given)).length;
}

function start(place) {
  const parts = Object.values(JSON.parse(place.querySelector("script.data").textContent));
  const rows = [...place.querySelectorAll("li p")].map((line, at) => {
    const bar = document.createElement("progress");
    bar.max = parts[at].length;
    // The words beside it say the same.
    bar.setAttribute("aria-hidden", "true");
    line.prepend(bar);
    return { bar, words: line.lastChild };
  });
  let waiting = false;
  const count = () => {
    waiting = false;
    const given = answers.all();
    rows.forEach(({ bar, words }, at) => {
      bar.value = filled(parts[at], given);
      words.textContent = `: ${bar.value} of ${bar.max} answers`;
    });
  };
  // Many change at once when all are deleted.
  answers.onChange(() => {
    if (!waiting) queueMicrotask(count);
    waiting = true;
  });
  addEventListener("pageshow", count);
  count();

  const print = document.createElement("button");
  print.type = "button";
  print.textContent = "Print the worksheet";
  print.addEventListener("click", () => window.print());
  place.append(print);
  place.dataset.ready = "";
}

for (const place of document.querySelectorAll(".worksheet-progress")) start(place);
