// Lighthouse over pages, one after the other in one Chromium: node tools/lighthouse.mjs, with this JSON as its input:
// { chromium, arguments, flags, addresses }. It prints a line of JSON for each address: its scores, what failed, what it
// measured, and where the points of its performance went.
import { text } from "node:stream/consumers";
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const METRICS = {
  paint_ms: "first-contentful-paint",
  shift: "cumulative-layout-shift",
  blocking_ms: "total-blocking-time",
  main_ms: "mainthread-work-breakdown",
};

// Scores go from 0 to 1, and to 100 in what a reader sees; null where an audit does not apply.
const points = (score) => (score === null ? null : Math.round(score * 100));

function failures({ categories, audits }) {
  return Object.values(categories).flatMap(({ id, auditRefs }) =>
    auditRefs
      .filter((ref) => id !== "performance" && ref.weight && audits[ref.id].score !== null && audits[ref.id].score < 1)
      .map((ref) => {
        const places = audits[ref.id].details?.items?.map((item) => item.node?.snippet ?? item.description ?? item.source);
        return { category: id, audit: ref.id, title: audits[ref.id].title, places: places ?? [] };
      }),
  );
}

function losses({ categories, audits }) {
  const measured = categories.performance?.auditRefs.filter((ref) => ref.weight) ?? [];
  return measured
    .map((ref) => {
      const { title, score, displayValue } = audits[ref.id];
      return { what: title, points: ref.weight * (1 - score), value: displayValue ?? "" };
    })
    .toSorted((a, b) => b.points - a.points);
}

const { chromium, arguments: chromeFlags, flags, addresses } = JSON.parse(await text(process.stdin));
// A whole Chromium looks up its maker's hosts when it starts; this one finds none but our own.
const alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1";
const chrome = await launch({ chromePath: chromium, chromeFlags: ["--headless=new", alone, ...chromeFlags], logLevel: "silent" });
try {
  for (const address of addresses) {
    const { lhr } = await lighthouse(address, { ...flags, port: chrome.port, logLevel: "silent" });
    if (lhr.runtimeError) throw new Error(`${address}: ${lhr.runtimeError.message}`);
    console.log(
      JSON.stringify({
        address,
        scores: Object.fromEntries(Object.values(lhr.categories).map(({ id, score }) => [id, points(score)])),
        failures: failures(lhr),
        losses: losses(lhr),
        metrics: Object.fromEntries(
          Object.entries(METRICS).map(([name, audit]) => [name, lhr.audits[audit]?.numericValue ?? null]),
        ),
      }),
    );
  }
} finally {
  await chrome.kill();
}
