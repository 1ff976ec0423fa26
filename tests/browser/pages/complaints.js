// The first script of every page that another browser opens: what goes wrong in a page, for the test to read at its end.
window.complaints = [];
{
  const complain = (what) => window.complaints.push(String(what));
  const lacking = ({ src, href }) => `${src ?? href} did not arrive`;
  addEventListener("error", (event) => complain(event.message ?? lacking(event.target)), true);
  addEventListener("unhandledrejection", ({ reason }) => complain(reason?.stack || reason));
  addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => complain(`${effectiveDirective} forbids ${blockedURI}`));
  console.error = (...words) => complain(words.join(" "));
}
