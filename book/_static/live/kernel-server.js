// Python on a Jupyter server: the reader's own, the one that serves this page, or one that Binder starts.
// Same form as the kernel in the browser (kernel-browser.js). thebe-core talks to the server; what it leaves
// unsaid (a wrong token, a refusing or silent Binder) is found out here first, so that the page can say it.
import { Fault } from "./fault.js";

const THEBE = new URL("../vendor/thebe-core/thebe-core.min.js", import.meta.url).href;
// How long each step may take before the page stops waiting, in milliseconds.
const LIMITS = { binderSilence: 60_000, answer: 15_000, interrupt: 5_000 };

const within = (milliseconds, fault, promise) => {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(fault), milliseconds)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

/** thebe-core is one classic script that leaves a global; a failed script element can be asked for again. */
function thebeCore() {
  if (window.thebeCore) return window.thebeCore;
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = THEBE;
    script.onload = () => resolve(window.thebeCore);
    script.onerror = () => {
      script.remove();
      reject(new Fault("program", THEBE));
    };
    document.head.append(script);
  });
}

/** Rejects with the fault that keeps this page from the server at `baseUrl`, if there is one. */
async function check({ baseUrl, token }) {
  const address = new URL(baseUrl).origin + new URL(baseUrl).pathname;
  const ask = (path, options) => within(LIMITS.answer, new Fault("unreachable", address), fetch(baseUrl + path, options));
  try {
    // The version is told to everybody whose page the server accepts.
    await ask("api");
  } catch {
    try {
      await ask("api", { mode: "no-cors" });
    } catch {
      throw new Fault("unreachable", address);
    }
    throw new Fault("origin", address);
  }
  try {
    const answer = await ask(`api/status?token=${encodeURIComponent(token)}`);
    if (answer.ok) return;
  } catch {
    // A server that refuses a token does not let the page read the refusal.
  }
  throw new Fault("token", address);
}

/** Have BinderHub start a server; resolves with its {baseUrl, token}. `limit` is the silence allowed, in ms. */
function binder({ hub, repository, branch }, limit, onPhase) {
  const path = `build/gh/${repository}/${encodeURIComponent(branch)}`;
  return new Promise((resolve, reject) => {
    const events = new EventSource(new URL(path, hub.replace(/\/*$/, "/")));
    let timer;
    const end = (settle, value) => {
      clearTimeout(timer);
      events.close();
      settle(value);
    };
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => end(reject, new Fault("silent", `${Math.round(limit / 1000)} s`)), limit);
    };
    wait();
    events.onerror = () => end(reject, new Fault("refused"));
    events.onmessage = ({ data }) => {
      wait();
      const { phase, message = "", url, token } = JSON.parse(data);
      if (phase === "failed") end(reject, new Fault("refused", message));
      else if (phase === "ready") end(resolve, { baseUrl: url, token });
      else onPhase(message);
    };
  });
}

export class ServerKernel {
  /** stop() interrupts: names set before are still there. */
  forgets = false;

  #place;
  #limits;
  #onPhase;
  #session = null;
  #server = null;
  #running = null;
  #over = false;
  #lose;

  /** `place`: {kind, baseUrl, token} or, for Binder, {kind, hub, repository, branch}. */
  constructor(place, { limits = {}, onPhase = () => {} } = {}) {
    this.#place = place;
    this.#limits = { ...LIMITS, ...limits };
    this.#onPhase = onPhase;
    this.lost = new Promise((resolve) => (this.#lose = resolve));
  }

  async start() {
    const [{ api }, server] = await Promise.all([thebeCore(), this.#address()]);
    await check(server);
    if (this.#over) throw new Fault("stopped");
    // A path of its own, or two pages would share one kernel and each other's names.
    const path = `downhill-${Math.random().toString(36).slice(2)}.ipynb`;
    const settings = api.makeConfiguration({
      mathjaxUrl: "",
      savedSessionOptions: { enabled: false },
      kernelOptions: { kernelName: "python3", path },
      serverSettings: { ...server, appendToken: true },
    });
    this.#server = api.connectToJupyter(settings);
    const failed = new Fault("gone");
    await within(this.#limits.answer, failed, this.#server.ready).catch(() => Promise.reject(failed));
    const mimes = api.makeRenderMimeRegistry({ mathjaxUrl: "", mathjaxConfig: "" });
    const opening = this.#server.startNewSession(mimes, { kernelName: "python3", path });
    this.#session = await within(this.#limits.answer, failed, opening).catch(() => Promise.reject(failed));
    if (this.#over) return this.#close();
    this.#watch(this.#session.kernel);
    return undefined;
  }

  async run(code, name, show) {
    const kernel = this.#session.kernel;
    // The future lives on after its cell has ended: what a later cell updates in this one's output comes to it.
    const future = kernel.requestExecute({ code, allow_stdin: false }, false);
    future.onIOPub = ({ header, content }) => translate(header.msg_type, content, show);
    return new Promise((resolve, reject) => {
      this.#running = { reject };
      future.done.then(
        ({ content }) => {
          this.#running = null;
          resolve({ ok: content.status === "ok" });
        },
        () => this.#end(new Fault("dead")),
      );
    });
  }

  /** Interrupt the running cell; a kernel that does not listen is given up. */
  async stop() {
    const running = this.#running;
    await this.#session.kernel.interrupt().catch(() => this.#end(new Fault("gone")));
    setTimeout(() => running && running === this.#running && this.#end(new Fault("dead")), this.#limits.interrupt);
  }

  dispose() {
    this.#over = true;
    this.#running = null;
    this.#close();
  }

  async #address() {
    const server = this.#place.kind === "binder" ? await binder(this.#place, this.#limits.binderSilence, this.#onPhase) : this.#place;
    return { baseUrl: server.baseUrl.replace(/\/*$/, "/"), token: server.token ?? "" };
  }

  #watch(kernel) {
    kernel.connectionStatusChanged.connect((_, status) => {
      if (status !== "connected") this.#end(new Fault("gone"));
    });
    kernel.statusChanged.connect((_, status) => {
      if (status === "dead" || status === "autorestarting" || status === "terminating") this.#end(new Fault("dead"));
    });
  }

  #end(fault) {
    if (this.#over) return;
    this.#over = true;
    this.#running?.reject(fault);
    this.#running = null;
    this.#lose(fault);
    this.#close();
  }

  // The server may be gone, so nobody waits for its answer.
  #close() {
    const [session, server] = [this.#session, this.#server];
    this.#session = this.#server = null;
    Promise.resolve(session?.shutdown())
      .catch(() => {})
      .finally(() => server?.dispose());
  }
}

function translate(type, content, show) {
  const data = content.data;
  if (type === "stream") show({ type: "stream", name: content.name, text: content.text });
  else if (type === "display_data") show({ type: "display", id: content.transient?.display_id ?? null, data });
  else if (type === "update_display_data") show({ type: "update", id: content.transient?.display_id, data });
  else if (type === "execute_result") show({ type: "result", data });
  else if (type === "clear_output") show({ type: "clear", wait: content.wait });
  else if (type === "error") show({ type: "error", name: content.ename, value: content.evalue, traceback: content.traceback.join("\n") });
}
