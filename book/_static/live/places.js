// The places where code can run. A place is {kind, ...}: browser; local and own with baseUrl and token;
// binder with hub, repository and branch.
import { PLACES } from "./words.js";

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
const SITE = new URL("../../", import.meta.url);

export const BROWSER = { kind: "browser" };

/** The Jupyter server that was started together with this page's own server, or null. Asked on this computer only. */
async function local() {
  if (!LOOPBACK.test(location.hostname)) return null;
  try {
    const answer = await fetch(new URL("_local/kernel.json", SITE), { cache: "no-store" });
    if (!answer.ok) return null;
    const { baseUrl, token } = await answer.json();
    return { kind: "local", baseUrl, token };
  } catch {
    return null;
  }
}

/** Every place that this page can offer, the reader's own server without its address. */
export async function offered(config) {
  const places = [BROWSER, await local(), { kind: "own" }];
  if (config.binder) places.push({ kind: "binder", ...config.binder });
  return places.filter(Boolean);
}

/** The place that this tab remembers, if it is still offered and needs no token from the reader. */
export async function remembered(kind, config) {
  if (!kind || kind === "browser" || kind === "own") return null;
  return (await offered(config)).find((place) => place.kind === kind) ?? null;
}

export const nameOf = (place) => PLACES[place.kind].name;

/** Whom `place` contacts, in words, before it is chosen. */
export const contact = (place, config) =>
  PLACES[place.kind].contact({ browser: config.download_bytes, local: place.baseUrl, binder: place.hub }[place.kind]);
