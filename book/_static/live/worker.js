// Python in a module worker. Started by kernel-browser.js from a small blob, so that the page's own
// Content-Security-Policy holds in here too; all addresses are relative to this file.
// In: {type: "run", code, name}. Out: {type: "ready", version}, {type: "messages", messages} (what a cell shows),
// {type: "done", ok}, {type: "failed", kind, detail} (this run), {type: "fault", kind, detail} (Python as a whole).
import { loadPyodide } from "../pyodide/pyodide.mjs";
import { Outbox } from "./outbox.js";

const at = (path) => new URL(path, import.meta.url).href;
const SITE = at("../../");
const FILES = ["../pyodide/pyodide.asm.mjs", "../pyodide/pyodide.asm.wasm", "../pyodide/python_stdlib.zip"];
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

async function text(path) {
  const answer = await fetch(at(path));
  if (!answer.ok) throw new Fault("missing", path);
  return answer.text();
}

/** Throw the fault "wasm" where this browser, or its owner's policy, does not compile WebAssembly. */
async function checkWebAssembly() {
  try {
    // The eight bytes of an empty module.
    await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  } catch (error) {
    throw new Fault("wasm", String(error));
  }
}

/** Why loading failed: the first file that the site does not give, or else what was thrown. */
async function explain(error) {
  if (error instanceof Fault) return error;
  for (const path of [...FILES, LOCK]) {
    try {
      const answer = await fetch(at(path), { method: "HEAD" });
      if (!answer.ok) return new Fault("missing", path);
    } catch {
      return new Fault("missing", path);
    }
  }
  return new Fault("dead", String(error));
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
  const failures = [];
  try {
    await python.loadPackagesFromImports(code, {
      messageCallback: () => {},
      errorCallback: (message) => failures.push(message),
    });
  } catch (error) {
    if (error.type !== "SyntaxError") failures.push(String(error));
  }
  if (failures.length) throw new Fault("import", failures[0]);
}

const started = start();
started.then(
  ({ python }) => say({ type: "ready", version: python.version }),
  async (error) => {
    const { kind, detail } = await explain(error);
    say({ type: "fault", kind, detail });
  },
);

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
    say({ type: "done", ok: await run(data.code, data.name) });
  } catch (error) {
    // Python's own errors end inside run(): what arrives here is the end of the interpreter.
    say({ type: "fault", kind: "dead", detail: String(error) });
  }
};
