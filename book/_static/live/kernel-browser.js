// Python in this browser. A kernel is: start(), run(code, name, show), dispose(), stop() where `forgets` is false,
// and `lost`, a promise that resolves with a Fault when the kernel ends on its own. The kernel of a server has the same form.
import { Fault } from "./fault.js";

const at = (path) => new URL(path, import.meta.url).href;

// The blob runs under the page's Content-Security-Policy; a worker started from an address would not.
// It speaks first, so that a worker that was refused can be told from a file that did not arrive, and it holds
// a lock for as long as it lives: a worker that ends without a word lets go of it.
const SOURCE = (lock) => `
const alive = () => { postMessage({ type: "alive" }); return new Promise(() => {}); };
navigator.locks ? navigator.locks.request("${lock}", alive) : alive();
import("${at("../pyodide/pyodide.mjs")}").catch(() => {});
import("${at("./worker.js")}").catch(() => postMessage({ type: "fault", kind: "missing", detail: "worker.js" }));
`;

export class BrowserKernel {
  /** A running cell can only be stopped by ending the worker, and every name goes with it. */
  forgets = true;

  #worker = null;
  #ready = null;
  #running = null;
  #alive = false;
  #over = false;
  #lose;

  constructor() {
    this.lost = new Promise((resolve) => (this.#lose = resolve));
  }

  /** Resolves when Python is ready; rejects with a Fault. */
  start() {
    this.#ready ??= new Promise((resolve, reject) => {
      const fail = (fault) => {
        reject(fault);
        this.#end(fault);
      };
      try {
        const lock = `downhill-python-${Math.random()}`;
        const address = URL.createObjectURL(new Blob([SOURCE(lock)], { type: "text/javascript" }));
        this.#worker = new Worker(address, { type: "module" });
        this.#worker.onerror = (event) => {
          event.preventDefault();
          fail(new Fault(this.#alive ? "dead" : "blocked", event.message));
        };
        this.#worker.onmessage = ({ data }) => {
          if (data.type === "alive") {
            this.#alive = true;
            URL.revokeObjectURL(address);
            this.#watch(lock);
          } else if (data.type === "ready") resolve();
          else if (data.type === "messages") data.messages.forEach((message) => this.#running?.show(message));
          else if (data.type === "done") this.#finish({ ok: data.ok });
          else if (data.type === "failed") this.#finish(Promise.reject(new Fault(data.kind, data.detail)));
          else if (data.type === "fault") fail(new Fault(data.kind, data.detail));
        };
      } catch (error) {
        fail(new Fault("blocked", String(error)));
      }
    });
    return this.#ready;
  }

  /** Run one cell; resolves with {ok}, rejects with a Fault. `show` gets each message for the page; `given`, an
   *  object of texts and bytes, is the variable of that name in the code. */
  async run(code, name, show, given = null) {
    await this.start();
    return new Promise((resolve, reject) => {
      this.#running = { resolve, reject, show };
      this.#worker.postMessage({ type: "run", code, name, given });
    });
  }

  /** End the worker, and with it the running cell: the only way that also ends an endless loop. */
  dispose() {
    this.#over = true;
    this.#worker?.terminate();
  }

  #watch(lock) {
    navigator.locks?.request(lock, () => this.#end(new Fault("dead")));
  }

  #finish(outcome) {
    this.#running?.resolve(outcome);
    this.#running = null;
  }

  #end(fault) {
    if (this.#over) return;
    this.#over = true;
    this.#worker?.terminate();
    this.#running?.reject(fault);
    this.#running = null;
    this.#lose(fault);
  }
}
