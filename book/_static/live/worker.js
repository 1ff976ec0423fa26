// Python in a module worker. Started by kernel-browser.js from a small blob, so that the page's own
// Content-Security-Policy holds in here too; all addresses are relative to this file.
// In: {type: "run", code, name, given}; what is given, texts and bytes by name, is the variable `given` of the code.
// Out: {type: "ready", version}, {type: "messages", messages} (what a cell shows), {type: "done", ok},
// {type: "failed", kind, detail} (this run), {type: "fault", kind, detail} (Python as a whole).
import { loadPyodide } from "../pyodide/pyodide.mjs";
import { Outbox } from "./outbox.js";

const at = (path) => new URL(path, import.meta.url).href;
const SITE = at("../../");
const OWN = { "IPython/__init__.py": null, "IPython/display.py": "./display.py", "downhill_runner.py": "./runner.py" };
const HOME = "/home/pyodide/live";
const LOCK = "../wheels/pyodide-lock.json";

const outbox = new Outbox((messages) => self.postMessage({ type: "messages", messages }));
const say = (message) => {
  outbox.flush();
  self.postMessage(message);
};

class Fault extends Error {
  constructor(kind, detail = "") {
    super(`${kind}: ${detail}`);
    Object.assign(this, { kind, detail });
  }
}

const text = async (path) => (await fetch(at(path))).text();

/** Throw the fault "wasm" where this browser, or its owner's policy, does not compile WebAssembly. */
async function checkWebAssembly() {
  try {
    // The eight bytes of an empty module.
    await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  } catch (error) {
    throw new Fault("wasm", String(error));
  }
}

/** A response whose type a browser takes for WebAssembly; without it Pyodide would wait for ever. */
function typed(answer) {
  const type = "application/wasm";
  if (!answer.url.split("?")[0].endsWith(".wasm") || answer.headers.get("Content-Type") === type) return answer;
  return new Response(answer.body, { headers: { "Content-Type": type } });
}

/** Do `work`, and reject with the fault `kind` as soon as the site does not give a file: Pyodide may wait for ever. */
async function withFiles(kind, work) {
  const fetch = self.fetch;
  const missing = new Promise((_, reject) => {
    self.fetch = async (what, options) => {
      const lacking = (error) => {
        reject(new Fault(kind, what.url ?? String(what)));
        throw error;
      };
      const answer = await fetch(what, options).catch(lacking);
      return answer.ok ? typed(answer) : lacking(new Error(`${answer.status} ${answer.url}`));
    };
  });
  missing.catch(() => {});
  try {
    return await Promise.race([work(), missing]);
  } finally {
    self.fetch = fetch;
  }
}

async function start() {
  // All of it travels at once: the three small files of our own are here before Python itself is.
  const own = Promise.all(Object.entries(OWN).map(async ([name, path]) => [name, path ? await text(path) : ""]));
  own.catch(() => {});
  await checkWebAssembly();
  const python = await loadPyodide({
    indexURL: at("../pyodide/"),
    lockFileURL: at(LOCK),
    packageBaseUrl: at("../wheels/"),
    env: { HOME: "/home/pyodide", DOWNHILL_SITE: SITE },
  });
  python.FS.mkdirTree(`${HOME}/IPython`);
  for (const [name, content] of await own) python.FS.writeFile(`${HOME}/${name}`, content);
  python.pyimport("sys").path.insert(0, HOME);
  const runner = python.pyimport("downhill_runner");
  runner.connect(
    (name, content) => outbox.put({ type: "stream", name, text: content }),
    (type, message) => outbox.put({ type, ...JSON.parse(message) }),
  );
  return { python, run: runner.run };
}

/** Fetch the wheels that ``code`` imports; code that cannot be parsed is left for Python to complain about. */
async function fetchImports(python, code) {
  const silent = { messageCallback: () => {}, errorCallback: () => {} };
  try {
    await withFiles("import", () => python.loadPackagesFromImports(code, silent));
  } catch (error) {
    if (error.type !== "SyntaxError") throw new Fault("import", error.detail ?? String(error));
  }
}

const end = (error) => say({ type: "fault", kind: error.kind ?? "dead", detail: String(error.detail ?? error) });

const started = withFiles("missing", start);
started.then(({ python }) => {
  // The end of the interpreter: no cell gets an answer from here on.
  python._api.on_fatal = end;
  say({ type: "ready", version: python.version });
}, (error) => end(/imported module/.test(error) ? new Fault("missing", String(error)) : error));

// Code that ends the program ends it in a promise that nobody waits for.
self.addEventListener("unhandledrejection", (event) => {
  if (!/^Exit/.test(event.reason?.name)) return;
  event.preventDefault();
  end(event.reason);
});

self.onmessage = async ({ data }) => {
  const { python, run } = await started;
  outbox.begin();
  try {
    await fetchImports(python, data.code);
  } catch (fault) {
    say({ type: "failed", kind: fault.kind, detail: fault.detail });
    return;
  }
  try {
    // As data, never written into the code: what a reader brings along is not ours to run.
    if (data.given) python.globals.set("given", python.toPy(data.given));
    say({ type: "done", ok: await run(data.code, data.name) });
  } catch (error) {
    end(error);
  }
};
