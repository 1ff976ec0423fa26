// Modules that are fetched when first needed. A browser remembers that an address failed and would never ask again,
// so each new attempt after a failure has an address of its own.
import { Fault } from "./fault.js";

const failures = new Map();

/** Import the module at `path`, relative to this folder; rejects with the fault "program". */
export async function load(path) {
  const address = new URL(path, import.meta.url);
  const failed = failures.get(path) ?? 0;
  if (failed) address.searchParams.set("attempt", failed);
  try {
    return await import(address.href);
  } catch (error) {
    failures.set(path, failed + 1);
    throw new Fault("program", `${path} ${error}`);
  }
}
