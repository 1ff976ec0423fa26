// Test this laptop: what the reader's browser can do, each with a plain yes or no.
//
// Input    [data-widget="test-this-laptop"][data-part="tests"]: a first paragraph for readers without JavaScript, and
//          a definition list whose terms hold .laptop-webassembly, -worker, -storage, -download and -clipboard.
//          [data-widget="test-this-laptop"][data-part="line"]: any content, replaced by the line for the coach.
// Output   An answer and a sentence under each term, a summary said once, and the line. Nothing leaves the page.
// Events   None.
// Storage  downhill-laptop-first-visit in localStorage: when this page was first opened, as an ISO date.
//          downhill-laptop-pressed in sessionStorage: what the tests that need a press have found, {download, clipboard}.
//
// An answer is true, false, null (not tried) or "asked" (a file was sent, the reader has not said whether it came).

const FIRST_VISIT = "downhill-laptop-first-visit";
const PRESSED = "downhill-laptop-pressed";
const FILE = "downhill-test.txt";
const SENTENCE = "Laptop test: the clipboard works.";

/** How long a worker may take to answer, in milliseconds: a slow laptop needs two seconds at the very most. */
const PATIENCE = 6000;

// (module (tag) (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))
// The tag is there because Python for the browser needs exceptions, which the first WebAssembly did not have.
const PROGRAM = [
  [0, 97, 115, 109, 1, 0, 0, 0],
  [1, 10, 2, 96, 2, 127, 127, 1, 127, 96, 0, 0],
  [3, 2, 1, 0],
  [13, 3, 1, 0, 1],
  [7, 7, 1, 3, 97, 100, 100, 0, 0],
  [10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11],
].flat();

export const NAMES = {
  webassembly: "WebAssembly",
  worker: "worker",
  storage: "storage",
  download: "download",
  clipboard: "clipboard",
};

const found = (answer, sentence) => ({ answer, sentence });

/** Compile a program of 49 bytes and run it. */
export async function testWebAssembly() {
  if (typeof WebAssembly === "undefined") return found(false, "This browser has no WebAssembly.");
  try {
    const { instance } = await WebAssembly.instantiate(new Uint8Array(PROGRAM));
    if (instance.exports.add(2, 3) === 5) return found(true, "A tiny program was built and run: 2 + 3 came out as 5.");
  } catch {
    // Refused by a setting, or too old for this program: the same to the reader.
  }
  return found(false, "This browser refused to run a tiny program. It may be old, or your employer may have set it so.");
}

/** Start a module worker as the book's own code cells do, from a small blob, and wait for its answer. */
export async function testWorker(patience = PATIENCE) {
  const no = (sentence) => found(false, sentence);
  const code = new Blob(["addEventListener('message', ({ data }) => postMessage(data + 1)); export {};"], {
    type: "text/javascript",
  });
  const address = URL.createObjectURL(code);
  let worker;
  try {
    worker = new Worker(address, { type: "module" });
    return await new Promise((done) => {
      worker.onmessage = ({ data }) =>
        done(data === 42 ? found(true, "A worker was started, and it answered.") : no("A worker gave a wrong answer."));
      worker.onerror = () => done(no("A worker was started, and this browser stopped it."));
      setTimeout(() => done(no(`A worker was started, and did not answer within ${patience / 1000} seconds.`)), patience);
      worker.postMessage(41);
    });
  } catch {
    return no("This browser does not start a worker.");
  } finally {
    worker?.terminate();
    URL.revokeObjectURL(address);
  }
}

/** Write a note and read it back. `since` is the date of an earlier visit, if the note of it is still there. */
export async function testStorage(now = new Date()) {
  try {
    const kept = localStorage.getItem(FIRST_VISIT);
    const earlier = Number.isNaN(Date.parse(kept ?? "")) ? null : kept;
    const note = earlier ?? now.toISOString();
    localStorage.setItem(FIRST_VISIT, note);
    if (localStorage.getItem(FIRST_VISIT) !== note) throw new Error("the note is not what was written");
    if (!earlier) {
      return found(
        true,
        "A note was written and read back. To see whether it lasts, reload this page, or close the browser and come back later.",
      );
    }
    const since = new Date(earlier);
    const words = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short" }).format(since);
    const promise = await navigator.storage?.persisted?.().catch(() => undefined);
    const ending = {
      true: " The browser has promised to keep it.",
      false: " The browser keeps it until you clear your browsing data, or until it runs short of space.",
    };
    return { ...found(true, `The note of your first visit, ${words}, is still here.${ending[promise] ?? ""}`), since };
  } catch {
    return found(false, "This browser refused to keep a note. A private window does that, and so do some employers.");
  }
}

/** A date as 2026-11-21, by the reader's own clock. */
export function day(date) {
  const two = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** "Chromium 156 on Linux", from what the browser says of itself. */
export function browserInWords({ userAgent = "", userAgentData, maxTouchPoints = 0 }) {
  // A browser lists itself, the engine it is built on, and a nonsense name ("Not/A)Brand") meant to be skipped.
  const brands = (userAgentData?.brands ?? []).filter(({ brand }) => !/^\W*Not\W/.test(brand));
  const brand = brands.find((one) => one.brand !== "Chromium") ?? brands[0];
  // The first that fits: later names also stand in the words of the earlier ones.
  const known = [
    ["Edge", /Edg(?:A|iOS)?\/(\d+)/],
    ["Opera", /OPR\/(\d+)/],
    ["Samsung Internet", /SamsungBrowser\/(\d+)/],
    ["Firefox", /(?:Firefox|FxiOS)\/(\d+)/],
    ["Chrome", /(?:Chrome|CriOS)\/(\d+)/],
    ["Safari", /Version\/(\d+).*Safari/],
  ];
  const systems = [
    ["Android", /Android/],
    ["iOS", /iPhone|iPod/],
    ["iPadOS", /iPad/],
    ["Windows", /Windows/],
    ["ChromeOS", /CrOS/],
    ["macOS", /Macintosh/],
    ["Linux", /Linux|X11/],
  ];
  const fits = known.map(([name, pattern]) => [name, userAgent.match(pattern)?.[1]]).find(([, version]) => version);
  const name = brand ? `${brand.brand} ${brand.version}` : (fits?.join(" ") ?? "An unknown browser");
  let system = userAgentData?.platform || systems.find(([, pattern]) => pattern.test(userAgent))?.[0];
  // An iPad calls itself a Macintosh; no Macintosh has a touch screen.
  if (system === "macOS" && maxTouchPoints > 1) system = "iPadOS";
  return system ? `${name} on ${system}` : name;
}

const shortly = (answer) => ({ true: "yes", false: "no", null: "not tried", asked: "not answered" })[answer];

/** The line for the coach. `findings` maps the keys of NAMES to {answer, since}. */
export function line(findings, { browser, width, height, date }) {
  const parts = Object.entries(NAMES).map(([key, name]) => {
    const { answer, since } = findings[key];
    return `${name} ${shortly(answer)}${since ? ` (kept since ${day(since)})` : ""}`;
  });
  return `Laptop test: ${parts.join(", ")}. ${browser}, ${width}×${height}, ${day(date)}.`;
}

/** What the tests that ran by themselves have found, in two or three sentences. */
export function summary({ webassembly, worker, storage }) {
  const all = [webassembly.answer, worker.answer, storage.answer];
  const [first, second, third] = all.map(shortly);
  return [
    webassembly.answer && worker.answer ? "Python can run in this browser." : "Python cannot run in this browser.",
    `WebAssembly ${first}, background worker ${second}, storage ${third}.`,
    ...(all.includes(false) ? ["Under each no, you read what works without it."] : []),
  ].join(" ");
}

// From here on: the page.

const ANSWERS = { true: ["yes", "Yes"], false: ["no", "No"], null: ["open", "Not tried yet"], asked: ["open", "Waiting for you"] };

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function remembered() {
  const answers = [true, false, "asked"];
  try {
    const kept = JSON.parse(sessionStorage.getItem(PRESSED)) ?? {};
    const read = (key) => (answers.includes(kept[key]) ? kept[key] : null);
    return { download: read("download"), clipboard: read("clipboard") };
  } catch {
    return { download: null, clipboard: null };
  }
}

function remember({ download, clipboard }) {
  try {
    sessionStorage.setItem(PRESSED, JSON.stringify({ download: download.answer, clipboard: clipboard.answer }));
  } catch {
    // Storage is refused: a reload asks for the press again.
  }
}

/** One capability: its term and descriptions become a card with an answer and a sentence. */
class Card {
  constructor(term, { live }) {
    const parts = [term];
    for (let next = term.nextElementSibling; next?.tagName === "DD"; next = next.nextElementSibling) parts.push(next);
    this.element = make("div", { className: "laptop-card" });
    term.before(this.element);
    this.element.append(...parts);
    this.chip = make("span", { className: "laptop-answer" }, "Testing");
    term.append(make("span", { className: "unseen" }, ": "), this.chip);
    // A test that was pressed says its own outcome; those that ran by themselves are said together, once.
    this.sentence = make(live ? "output" : "p", { className: "laptop-sentence" });
    this.controls = make("dd", { className: "laptop-controls" }, this.sentence);
    term.after(this.controls);
  }

  show({ answer, sentence }) {
    const [kind, word] = ANSWERS[answer];
    this.element.dataset.answer = kind;
    this.chip.textContent = word;
    this.sentence.textContent = sentence;
  }
}

async function writeToClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

const DOWNLOAD = {
  true: "You said that the file arrived.",
  false: "You said that no file arrived.",
  null: `Press the button to save a file of one line, ${FILE}.`,
  asked: `Look for ${FILE} in the browser's list of downloads or in your Downloads folder.`,
};
const CLIPBOARD = {
  true: "A sentence was put on the clipboard. Paste it anywhere to see it.",
  false: "This browser did not let the page use the clipboard.",
  null: "Press the button to put a sentence on the clipboard. It takes the place of what is there now.",
};

function start(tests, place) {
  const cards = Object.fromEntries(
    Object.keys(NAMES).map((key) => {
      const live = key === "download" || key === "clipboard";
      return [key, new Card(tests.querySelector(`.laptop-${key}`).closest("dt"), { live })];
    }),
  );
  const said = make("p", { className: "laptop-summary", role: "status" }, "Testing.");
  tests.firstElementChild.replaceWith(said);

  const pressed = remembered();
  const findings = {
    webassembly: found(null, ""),
    worker: found(null, ""),
    storage: found(null, ""),
    download: found(pressed.download, DOWNLOAD[pressed.download]),
    clipboard: found(pressed.clipboard, CLIPBOARD[pressed.clipboard]),
  };

  const field = make("textarea", { id: "laptop-line", readOnly: true, rows: 3, spellcheck: false });
  const copy = make("button", { type: "button", className: "primary" }, "Copy the line");
  const copied = make("output", { className: "laptop-copied", htmlFor: "laptop-line" });
  const coachLine = () =>
    line(findings, { browser: browserInWords(navigator), width: innerWidth, height: innerHeight, date: new Date() });

  function settle(key, finding) {
    findings[key] = finding;
    cards[key].show(finding);
    field.value = coachLine();
  }

  function press(key, answer, sentences) {
    settle(key, found(answer, sentences[answer]));
    remember(findings);
  }

  // Download.
  const save = make("button", { type: "button" }, "Save a small file");
  const choices = [
    [true, "Yes, it arrived"],
    [false, "No, it did not"],
  ].map(([answer, words]) => {
    const input = make("input", { type: "radio", name: "laptop-arrived", checked: pressed.download === answer });
    input.addEventListener("change", () => press("download", answer, DOWNLOAD));
    return make("label", {}, input, words);
  });
  const question = make("fieldset", { className: "laptop-arrived" }, make("legend", {}, `Did ${FILE} arrive?`), ...choices);
  question.hidden = pressed.download === null;
  save.addEventListener("click", () => {
    const file = new Blob([`Laptop test: this file was saved on ${day(new Date())}.\n`], { type: "text/plain" });
    const address = URL.createObjectURL(file);
    make("a", { href: address, download: FILE }).click();
    // The browser may read the file after the press.
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    for (const input of question.querySelectorAll("input")) input.checked = false;
    question.hidden = false;
    press("download", "asked", DOWNLOAD);
  });
  cards.download.controls.append(save, question);

  // Clipboard.
  const attempt = make("button", { type: "button" }, "Try the clipboard");
  attempt.addEventListener("click", async () => press("clipboard", await writeToClipboard(SENTENCE), CLIPBOARD));
  cards.clipboard.controls.append(attempt);

  // The line. A press that copies it is a test of the clipboard too.
  copy.addEventListener("click", async () => {
    const answer = findings.clipboard;
    findings.clipboard = found(true, CLIPBOARD.true);
    const allowed = await writeToClipboard(coachLine());
    findings.clipboard = answer;
    press("clipboard", allowed, CLIPBOARD);
    if (allowed) {
      copied.textContent = "Copied. Paste it into a message to your coach.";
      return;
    }
    field.focus();
    field.select();
    copied.textContent =
      "The browser refused, so the line is selected for you: press Ctrl+C, or Cmd+C on a Mac. On a phone, press and hold it.";
  });
  place.replaceChildren(
    make("label", { htmlFor: "laptop-line" }, "This is the line. It is not sent: copy it, and paste it where you like."),
    field,
    make("div", { className: "laptop-copy" }, copy, copied),
  );

  for (const key of ["download", "clipboard"]) settle(key, findings[key]);
  const runs = { webassembly: testWebAssembly(), worker: testWorker(), storage: testStorage() };
  const all = Object.entries(runs).map(async ([key, running]) => settle(key, await running));
  Promise.all(all).then(() => {
    said.textContent = summary(findings);
    tests.dataset.ready = "";
  });
}

const parts = (name) => document.querySelector(`[data-widget="test-this-laptop"][data-part="${name}"]`);
start(parts("tests"), parts("line"));
