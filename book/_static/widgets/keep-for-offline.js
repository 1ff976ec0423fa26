// Keep for offline: one button that says the size first, how far the download is, and what is kept.
// Input    div[data-widget=keep-for-offline] with .offline-size (written by the build), whose other content is read
//          without JavaScript; offline.js and its channel
// Output   its state in words. dataset.state: "none" | "fetching" | "failed" | "kept" | "lost" | "impossible".
// Events   none. Storage: see offline.js.
import * as offline from "../offline.js";

const REASONS = {
  cut: "The network went away. What has arrived stays, and the download goes on from there.",
  changed: "The site is being changed at this moment. Try again in a few minutes; what has arrived stays.",
  full: "This browser has no room for the book. Everything works as before, with the network.",
};
const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;

function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function widget(place) {
  const size = place.querySelector(".offline-size").textContent;
  const said = element("p", "", "offline-said");
  said.setAttribute("role", "status");
  const bar = element("progress");
  bar.setAttribute("aria-label", "Download of the book");
  const buttons = element("p", "", "offline-buttons");
  place.replaceChildren(said, bar, buttons);
  const button = (text, action, primary = false) => {
    const made = element("button", text, primary ? "primary" : "");
    made.type = "button";
    made.addEventListener("click", action);
    return made;
  };
  const keep = (text) => button(text, start, true);
  const away = button("Remove what was kept", async () => {
    await offline.remove();
    show("none", `Removed. The book needs the network again. To keep it: ${size}.`);
    buttons.querySelector("button").focus();
  });

  function show(state, words, done = 0, total = 1) {
    place.dataset.state = state;
    said.textContent = words;
    bar.hidden = state !== "fetching";
    bar.max = total;
    bar.value = done;
    const wanted = {
      none: [keep("Keep for offline")],
      failed: [keep("Go on")],
      lost: [keep("Keep it again")],
      kept: [away],
    }[state];
    buttons.replaceChildren(...(wanted ?? []));
  }

  async function start() {
    show("fetching", `Fetching the book: ${size}.`);
    // Asked at the reader's press; without it the browser may throw things away when room is short.
    navigator.storage?.persist?.().catch(() => {});
    try {
      await offline.start();
      if (await offline.keptVersion()) await kept();
    } catch {
      show("failed", REASONS.cut);
    }
  }

  async function kept() {
    const version = await offline.keptVersion();
    if (!version) return;
    const newer = version === offline.pageVersion ? "" : ` This page is of another version, ${offline.pageVersion}.`;
    show("kept", `Kept, complete, version ${version}. You can do without the network now, in new tabs too.${newer}`);
  }

  offline.channel().addEventListener("message", ({ data }) => {
    if (data.state === "fetching") {
      show("fetching", `Fetching the book: ${megabytes(data.done)} of ${megabytes(data.total)}.`, data.done, data.total);
    } else if (data.state === "failed") show("failed", REASONS[data.why] ?? REASONS.cut);
    else if (data.state === "lost") {
      show("lost", "The browser has thrown away what was kept. Everything works as before, with the network.");
    } else kept();
  });

  async function begin() {
    if (!offline.possible) {
      show("impossible", "This browser does not let this page be kept: it may be a private window, an old browser, or a page opened from a folder.");
      return;
    }
    show("none", `To keep the whole book in this browser: ${size}.`);
    if (await offline.keptVersion()) await kept();
    // Unless the reader has pressed the button meanwhile.
    else if (offline.wanted() && place.dataset.state === "none") show("failed", REASONS.cut);
  }
  begin().catch(() => show("impossible", "This browser refuses to keep anything for this page."));
}

for (const place of document.querySelectorAll("[data-widget=keep-for-offline]")) widget(place);
