// Checks: being written.
export {};
