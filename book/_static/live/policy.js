// When Python may start before anybody asked: on a desktop whose reader does not save data.

const matches = (query) => window.matchMedia(query).matches;

export function mayStartUnasked() {
  const connection = navigator.connection;
  const saves = connection?.saveData || matches("(prefers-reduced-data: reduce)");
  const metered = connection?.type === "cellular" || /2g|3g/.test(connection?.effectiveType ?? "");
  const phone = navigator.userAgentData?.mobile || !matches("(hover: hover) and (pointer: fine)");
  return !saves && !metered && !phone;
}

/** Call `start` once any of `elements` is in view and the browser has nothing better to do. */
export function whenSeen(elements, start) {
  const idle = window.requestIdleCallback ?? ((callback) => setTimeout(callback, 200));
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    idle(start, { timeout: 3000 });
  });
  elements.forEach((element) => observer.observe(element));
}
