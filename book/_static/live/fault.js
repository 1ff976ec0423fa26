// What went wrong with a kernel: a kind that words.js has a sentence for, and a detail for it to name.

export class Fault extends Error {
  constructor(kind, detail = "") {
    super(detail ? `${kind}: ${detail}` : kind);
    this.name = "Fault";
    this.kind = kind;
    this.detail = detail;
  }
}
