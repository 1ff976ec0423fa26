// What the worker has to say, without flooding the page: at once as long as it is little, collected when it is a lot.
// Input: put(message). Output: the function given to the constructor is called with arrays of messages.
// Printed text of one stream is joined, of several updates of one display only the last is kept, and a
// clear drops what it would have removed anyway.
import { BURST, TEXT, WINDOW } from "./limits.js";

export class Outbox {
  #post;
  #waiting = [];
  #windowStart = 0;
  #sent = 0;
  #text = 0;
  #cut = false;

  constructor(post) {
    this.#post = post;
  }

  /** Begin a run: its text is counted from zero. */
  begin() {
    this.#text = 0;
    this.#cut = false;
  }

  put(message) {
    if (message.type === "stream" && !this.#admit(message)) return;
    if (message.type === "clear") {
      this.begin();
      if (!message.wait) this.#waiting = this.#waiting.filter((waiting) => waiting.type === "update");
    }
    this.#add(message);
    const now = performance.now();
    if (now - this.#windowStart > WINDOW) {
      this.#windowStart = now;
      this.#sent = 0;
    }
    if (this.#sent < BURST) this.flush();
  }

  flush() {
    if (!this.#waiting.length) return;
    this.#sent += 1;
    this.#post(this.#waiting);
    this.#waiting = [];
  }

  // Past the limit nothing more leaves the worker: the page has said that it was cut.
  #admit(message) {
    if (this.#cut) return false;
    this.#text += message.text.length;
    this.#cut = this.#text > TEXT;
    return true;
  }

  #add(message) {
    const last = this.#waiting.at(-1);
    if (message.type === "stream" && last?.type === "stream" && last.name === message.name) {
      last.text += message.text;
    } else if (message.type === "update") {
      this.#waiting = this.#waiting.filter((waiting) => waiting.type !== "update" || waiting.id !== message.id);
      this.#waiting.push(message);
    } else {
      this.#waiting.push(message);
    }
  }
}
