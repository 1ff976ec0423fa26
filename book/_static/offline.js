// The book that is kept for offline, on every page: goes on with a download that was cut off, and announces a new version.
// Nothing is asked of the network, and nothing is started, until the reader has pressed "Keep for offline" once.
// Input    html[data-content_root], meta[name=downhill-version]; the channel of sw.js
// Output   start()   has the book kept, again if the browser has thrown it away.
//          remove()  takes everything back.
//          channel()  the channel on which the worker says how far it is.
//          keptVersion()  resolves to the version that is kept complete, or null.
//          A bar at the end of the page once a newer version lies ready.
// Storage  "downhill-offline PATH" ("wanted"); the service worker of this site and its caches "downhill PATH VERSION".
//          PATH is the site's own, for another book may be kept at the same host.

export const pageVersion = document.querySelector('meta[name="downhill-version"]').content;
export const possible = "serviceWorker" in navigator && "caches" in globalThis && isSecureContext;
const root = new URL(document.documentElement.dataset.content_root, document.baseURI).href;
const { pathname } = new URL(root);
const WANTED = `downhill-offline ${pathname}`;
const OURS = `downhill ${pathname} `;
const hadController = possible && Boolean(navigator.serviceWorker.controller);
let agreed = false;

export const channel = () => new BroadcastChannel(WANTED);

export function wanted() {
  try {
    return localStorage.getItem(WANTED) === "wanted";
  } catch {
    return false;
  }
}

function want(yes) {
  try {
    if (yes) localStorage.setItem(WANTED, "wanted");
    else localStorage.removeItem(WANTED);
  } catch {
    // Where storage is refused, a worker is as well.
  }
}

export async function keptVersion() {
  for (const name of await caches.keys()) {
    if (!name.startsWith(OURS)) continue;
    const cache = await caches.open(name);
    const complete = await cache.match(`${root}_complete`);
    if (complete) return complete.text();
  }
  return null;
}

/** Once a worker of this page's own version is active it may serve this page too, so that it needs no reload. */
async function claim(registration) {
  const active = registration.active;
  if (active && !navigator.serviceWorker.controller && (await keptVersion()) === pageVersion) active.postMessage("claim");
}

function watch(registration) {
  if (registration.waiting) announce(registration);
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker.addEventListener("statechange", () => {
      if (worker.state === "installed" && registration.active) announce(registration);
      if (worker.state === "activated") claim(registration);
    });
  });
  claim(registration);
}

async function register() {
  const registration = await navigator.serviceWorker.register(`${root}sw.js`, { scope: root, updateViaCache: "none" });
  watch(registration);
  return registration;
}

export async function start() {
  want(true);
  const { active } = await register();
  // The worker that is there already will not be installed a second time.
  if (active && !(await keptVersion())) active.postMessage("keep");
}

export async function remove() {
  want(false);
  const registration = await navigator.serviceWorker.getRegistration(root);
  await registration?.unregister();
  const names = (await caches.keys()).filter((name) => name.startsWith(OURS));
  await Promise.all(names.map((name) => caches.delete(name)));
}

/** Say, once, that a newer version lies ready; take it when the reader agrees. */
function announce(registration) {
  if (document.querySelector(".new-version")) return;
  const bar = document.createElement("section");
  bar.className = "new-version";
  bar.setAttribute("aria-label", "New version");
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  const take = document.createElement("button");
  take.type = "button";
  take.className = "primary";
  take.textContent = "Take it and reload";
  const later = document.createElement("button");
  later.type = "button";
  later.textContent = "Later";
  take.addEventListener("click", () => {
    agreed = true;
    registration.waiting?.postMessage("take-over");
  });
  later.addEventListener("click", () => bar.remove());
  bar.append(said, take, later);
  document.body.append(bar);
  // In a region that is there already, so that it is read out.
  said.textContent =
    "A new version of this book is kept and complete. Every open page of the book reloads when you take it; otherwise it comes once all are closed.";
}

if (possible) {
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    // The first worker takes over a page of its own version. A later one is another version: this page has to go.
    if (hadController || agreed) location.reload();
  });
  if (wanted()) register().catch(() => {});
}
