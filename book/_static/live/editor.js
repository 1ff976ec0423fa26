// Makes a cell's highlighted code editable. CodeMirror is fetched the first time that any code gets the focus.
// In: the <pre>, and {label, onChange(code), onRun()}. Out: an object with `code`, set(code) and focus().
// Until the editor is there, and where it cannot be fetched, the <pre> stays and can be read, focused and run.
import { load } from "./load.js";
import { HINT } from "./words.js";

const HINT_ID = "live-hint";

export class Editor {
  #pre;
  #options;
  #editor = null;
  #mounting = null;
  #code;

  constructor(pre, options) {
    this.#pre = pre;
    this.#options = options;
    this.#code = pre.textContent.replace(/\n$/, "");
    Object.assign(pre, { tabIndex: 0, role: "textbox", ariaLabel: options.label, ariaMultiLine: "true", ariaReadOnly: "true" });
    pre.setAttribute("aria-describedby", hint());
    pre.addEventListener("focus", () => pre.matches(":focus-visible") && this.focus());
    // A click edits; a drag selects text to copy, and stays one.
    pre.addEventListener("click", ({ clientX: x, clientY: y }) => {
      if (getSelection().isCollapsed) this.focus({ x, y });
    });
    pre.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.shiftKey || event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      options.onRun();
    });
  }

  get code() {
    return this.#code;
  }

  /** Put `code` in; the highlighted original can only be shown again by an editor, or by its own words. */
  set(code) {
    this.#code = code;
    if (this.#editor) this.#editor.set(code);
    else {
      this.#pre.textContent = `${code}\n`;
      this.mount();
    }
  }

  async focus(point) {
    const hadFocus = () => document.activeElement === this.#pre || document.activeElement === document.body;
    const wanted = hadFocus() || point;
    await this.mount();
    if (this.#editor && wanted && hadFocus()) this.#editor.focus(point);
  }

  /** Replace the <pre> by the editor, which has the same lines at the same places. */
  mount() {
    this.#mounting ??= this.#mount();
    return this.#mounting;
  }

  async #mount() {
    try {
      const { mount } = await load("../vendor/codemirror.js");
      const place = document.createElement("div");
      place.className = "live-editor";
      const focused = document.activeElement === this.#pre;
      this.#editor = mount(place, {
        code: this.#code,
        label: this.#options.label,
        description: hint(),
        onRun: this.#options.onRun,
        onChange: (code) => {
          this.#code = code;
          this.#options.onChange(code);
        },
      });
      this.#pre.replaceWith(place);
      if (focused) this.#editor.focus();
    } catch {
      this.#mounting = null;
    }
  }
}

function hint() {
  if (!document.getElementById(HINT_ID)) {
    const text = document.createElement("p");
    Object.assign(text, { id: HINT_ID, className: "unseen", textContent: HINT });
    document.querySelector("main").append(text);
  }
  return HINT_ID;
}
