// The page's one kernel and the cells that wait for it.
// In: prestart(), run(job), stop(job), use(place). A job is {code, name, show(message), on(state)}.
// Out: each job's on() hears "waiting", "starting", "running", and then once {kind, ...} of
// done | error | stopped | skipped | fault; the listener given to the constructor hears off | starting | ready.
import { Fault } from "./fault.js";

export class Session {
  #make;
  #listen;
  #kernel = null;
  #ready = false;
  #queue = [];
  #current = null;
  #starting = null;
  // Counts the starts, so that one which was given up cannot come back as the page's kernel.
  #turn = 0;

  /** `make(place)` returns a new kernel, or a promise of one, for a place as the chooser writes it. */
  constructor(place, make, listen) {
    this.place = place;
    this.#make = make;
    this.#listen = listen;
  }

  /** Start Python before it is needed. A failure is told when somebody wants to run something. */
  async prestart() {
    await this.#start().catch(() => {});
  }

  /** Run somewhere else from now on. */
  use(place) {
    this.#skip(this.#queue.splice(0));
    this.#current?.cancel({ kind: "stopped", forgot: true });
    this.place = place;
    this.#drop();
  }

  run(job) {
    this.#queue.push(job);
    if (this.#current) job.on("waiting");
    else this.#next();
  }

  async stop(job) {
    if (job !== this.#current) {
      this.#queue = this.#queue.filter((waiting) => waiting !== job);
      job.on({ kind: "stopped", forgot: false });
      return;
    }
    job.halted = true;
    const forgot = this.#ready && this.#kernel.forgets;
    if (this.#ready && !forgot) {
      await this.#kernel.stop();
      return;
    }
    this.#drop();
    job.cancel({ kind: "stopped", forgot });
    // What was fetched is in the browser's cache: the next run finds Python ready.
    if (forgot) this.prestart();
  }

  async #next() {
    const job = (this.#current = this.#queue.shift() ?? null);
    if (!job) return;
    const cancelled = new Promise((resolve) => (job.cancel = resolve));
    const outcome = await Promise.race([this.#execute(job), cancelled]);
    if (outcome.kind === "fault" && outcome.fault.kind !== "import") this.#drop();
    this.#current = null;
    job.on(outcome);
    if (outcome.kind !== "done") this.#skip(this.#queue.splice(0));
    this.#next();
  }

  async #execute(job) {
    try {
      if (!this.#ready) job.on("starting");
      await this.#start();
      job.on("running");
      const began = performance.now();
      const { ok } = await this.#kernel.run(job.code, job.name, job.show);
      const milliseconds = performance.now() - began;
      return ok ? { kind: "done", milliseconds } : { kind: job.halted ? "stopped" : "error", milliseconds };
    } catch (fault) {
      return { kind: "fault", fault };
    }
  }

  #skip(jobs) {
    jobs.forEach((job) => job.on({ kind: "skipped" }));
  }

  async #start() {
    if (this.#ready) return;
    this.#starting ??= this.#startAfresh();
    await this.#starting;
  }

  async #startAfresh() {
    this.#listen("starting");
    const turn = (this.#turn += 1);
    let kernel;
    try {
      kernel = await this.#make(this.place);
      if (turn !== this.#turn) throw new Fault("stopped");
      this.#kernel = kernel;
      await kernel.start();
    } catch (error) {
      kernel?.dispose();
      if (turn === this.#turn) this.#drop();
      throw error instanceof Fault ? error : new Fault("dead", String(error));
    }
    if (turn !== this.#turn) {
      kernel.dispose();
      throw new Fault("stopped");
    }
    this.#ready = true;
    this.#listen("ready");
    kernel.lost.then(() => {
      // A running cell hears of it by itself; an idle page only learns that the next run starts Python again.
      if (kernel === this.#kernel && !this.#current) this.#drop();
    });
  }

  #drop() {
    this.#turn += 1;
    this.#kernel?.dispose();
    this.#kernel = null;
    this.#starting = null;
    this.#ready = false;
    this.#listen("off");
  }
}
