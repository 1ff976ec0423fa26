// Keeps the whole book in this browser and serves it from there, network or not. The build fills in the version and
// the list of files; a reader's press of a button (widgets/keep-for-offline.js) has it started, and nothing else.
//
// One script, one version, one cache: a worker serves its own version's files and no others, and each is checked
// against its SHA-256 before it is kept. A newer version is fetched beside it and waits until no page of the older
// one is open or the reader asks for it, so no page ever gets files of two versions.
//
// Input    messages "take-over" (the reader agreed to this version), "claim" (the page is of this version) and "keep"
//          (the reader wants to have again what the browser threw away)
// Output   on the channel "downhill-offline PATH": {version, state: "fetching" | "kept" | "failed" | "lost", done, total, why}
// Storage  the caches "downhill PATH VERSION"; one is complete once it holds COMPLETE. PATH is the site's own, for
//          another book may be kept at the same host.

const { version: VERSION, files: FILES } = self.KEPT_FROM_THE_BUILD;
const COMPLETE = "_complete";
const SCOPE = new URL("./", self.location).href;
const PATH = new URL(SCOPE).pathname;
const OURS = `downhill ${PATH} `;
const CACHE = OURS + VERSION;
const TOTAL = Object.values(FILES).reduce((sum, [size]) => sum + size, 0);
const AT_ONCE = 6;
// A server may send none for these, and a browser will not run them without.
const TYPES = { css: "text/css", html: "text/html; charset=utf-8", js: "text/javascript", json: "application/json",
  mjs: "text/javascript", svg: "image/svg+xml", wasm: "application/wasm" };

const channel = new BroadcastChannel(`downhill-offline ${PATH}`);
const say = (state, more = {}) => channel.postMessage({ version: VERSION, state, total: TOTAL, ...more });
const address = (path) => SCOPE + path;

let whole = false;
let lost = false;

class Changed extends Error {}

async function digest(bytes) {
  const all = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return btoa(String.fromCharCode(...all.slice(0, 16)));
}

/** The file as the list has it, from the network; Changed if the site now has another. */
async function fetched(path) {
  const response = await fetch(address(path), { cache: "no-cache", credentials: "same-origin" });
  // 404.html is served as what it is: not found.
  if (!response.ok && path !== "404.html") throw new Changed(`${path}: ${response.status}`);
  const bytes = await response.arrayBuffer();
  if ((await digest(bytes)) !== FILES[path][1]) throw new Changed(path);
  const type = TYPES[path.split(".").pop()] ?? response.headers.get("Content-Type") ?? "application/octet-stream";
  return new Response(bytes, { headers: { "Content-Type": type, "X-Kept": FILES[path][1] } });
}

/** The same file as another version kept it, if one did. */
async function copied(path, older) {
  for (const cache of older) {
    const kept = await cache.match(address(path));
    if (kept?.headers.get("X-Kept") === FILES[path][1]) return kept;
  }
  return null;
}

/** Fill the cache; what is in it already from an attempt that was cut off stays. */
async function fill() {
  const cache = await caches.open(CACHE);
  const names = (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== CACHE);
  const older = await Promise.all(names.map((name) => caches.open(name)));
  const there = new Set((await cache.keys()).map((request) => request.url));
  let done = 0;
  let told = 0;
  const waiting = Object.entries(FILES);
  let failure = null;
  async function next() {
    while (waiting.length && !failure) {
      const [path, [size]] = waiting.shift();
      try {
        if (!there.has(address(path))) {
          await cache.put(address(path), (await copied(path, older)) ?? (await fetched(path)));
        }
      } catch (error) {
        failure ??= error;
        return;
      }
      done += size;
      if (done - told > TOTAL / 100) say("fetching", { done: (told = done) });
    }
  }
  say("fetching", { done });
  // All have ended before it is told that one failed: what comes after is the reader's.
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  if (failure) throw failure;
  await cache.put(address(COMPLETE), new Response(VERSION));
}

function why(error) {
  if (error.name === "QuotaExceededError") return "full";
  return error instanceof Changed ? "changed" : "cut";
}

async function keep() {
  try {
    await fill();
  } catch (error) {
    // Half a book helps nobody who has no room for the whole.
    if (why(error) === "full") await caches.delete(CACHE);
    say("failed", { why: why(error) });
    throw error;
  }
  lost = false;
  say("kept", { done: TOTAL });
}

self.addEventListener("install", (event) => event.waitUntil(keep()));

self.addEventListener("activate", (event) => {
  // No page of another version is open any more, or the reader has agreed.
  const others = async () => {
    const names = (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== CACHE);
    await Promise.all(names.map((name) => caches.delete(name)));
  };
  event.waitUntil(others());
});

self.addEventListener("message", (event) => {
  if (event.data === "take-over") event.waitUntil(self.skipWaiting());
  if (event.data === "claim") event.waitUntil(self.clients.claim());
  if (event.data === "keep") {
    // Meanwhile everything comes from the network, and no request finds the cache half filled and throws it away.
    lost = true;
    event.waitUntil(keep().catch(() => {}));
  }
});

/** The path in the list that an address of this site names, or null. */
function pathOf(url) {
  if (!url.startsWith(SCOPE)) return null;
  const path = decodeURIComponent(new URL(url).pathname.slice(PATH.length));
  if (Object.hasOwn(FILES, path)) return path;
  const index = path === "" || path.endsWith("/") ? `${path}index.html` : `${path}/index.html`;
  return Object.hasOwn(FILES, index) ? index : null;
}

async function serve(request, path) {
  const cache = await caches.open(CACHE);
  whole ||= Boolean(await cache.match(address(COMPLETE)));
  const kept = whole && (await cache.match(address(path)));
  if (kept) return path === "404.html" ? new Response(kept.body, { status: 404, headers: kept.headers }) : kept;
  // The browser has thrown away what was kept. From here on everything comes from the network, or nothing does.
  if (!lost) {
    lost = true;
    await caches.delete(CACHE);
    say("lost");
  }
  return fetch(request);
}

/** A page that is not in the list: of another site below this one, or else not found. */
async function elsewhere(request) {
  const answer = await fetch(request).catch(() => null);
  // Only a page is read: what else lies there may be long.
  const page = answer?.headers.get("Content-Type")?.includes("html") ? await answer.clone().text() : "";
  const [, root] = page.match(/<html[^>]* data-content_root="([^"]*)"/) ?? [];
  // A page of this very book that the list lacks belongs to another version.
  const ours = root !== undefined && new URL(root, answer.url).href === SCOPE;
  return answer && answer.status !== 404 && !ours ? answer : serve(request, "404.html");
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || lost) return;
  const path = pathOf(request.url);
  const { origin, pathname, search } = new URL(request.url);
  if (path?.endsWith("index.html") && !/(\/|index\.html)$/.test(pathname)) {
    // A folder's page counts its addresses from the folder.
    event.respondWith(Response.redirect(`${origin}${pathname}/${search}`));
  } else if (path) event.respondWith(serve(request, path));
  else if (request.mode === "navigate" && request.url.startsWith(SCOPE)) event.respondWith(elsewhere(request));
});
