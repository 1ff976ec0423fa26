// The code editor: CodeMirror 6 with Python, and nothing that a cell of ten lines has no use for.
// Exports mount(parent, options): options.code, label, description (an element's id), onChange(code), onRun().
// Returns {code, set(code), focus(point)}; `point` is {x, y} in the window, where the reader clicked.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

export function mount(parent, { code, label, description, onChange, onRun }) {
  const run = () => {
    onRun();
    return true;
  };
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: code,
      extensions: [
        // Tab is bound to nothing: it moves on to the next control, as everywhere on the page.
        Prec.highest(
          keymap.of([
            { key: "Shift-Enter", run },
            { key: "Ctrl-Enter", mac: "Cmd-Enter", run },
          ]),
        ),
        keymap.of([...defaultKeymap, ...historyKeymap]),
        history(),
        python(),
        indentUnit.of("    "),
        indentOnInput(),
        bracketMatching(),
        syntaxHighlighting(classHighlighter),
        EditorView.contentAttributes.of({
          "aria-label": label,
          "aria-describedby": description,
          // A long line scrolls its box; axe looks for a tabindex to know that the keyboard can get there.
          tabindex: "0",
          spellcheck: "false",
          autocorrect: "off",
          autocapitalize: "off",
        }),
        EditorView.updateListener.of((update) => update.docChanged && onChange(update.state.doc.toString())),
      ],
    }),
  });
  return {
    get code() {
      return view.state.doc.toString();
    },
    set(text) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    focus(point) {
      const at = point && view.posAtCoords(point);
      if (at != null) view.dispatch({ selection: { anchor: at } });
      view.focus();
    },
  };
}
