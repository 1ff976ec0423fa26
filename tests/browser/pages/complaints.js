// The first script of every page that another browser opens: what goes wrong in it, and in the pages before it,
// for the test to read at its end.
{
  const complain = (what) => {
    sessionStorage.complaints = JSON.stringify([...JSON.parse(sessionStorage.complaints ?? "[]"), String(what)]);
  };
  const lacking = ({ src, href }) => `${src ?? href} did not arrive`;
  addEventListener("error", (event) => complain(event.message ?? lacking(event.target)), true);
  addEventListener("unhandledrejection", ({ reason }) => complain(reason?.stack || reason));
  addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => complain(`${effectiveDirective} forbids ${blockedURI}`));
  console.error = (...words) => complain(words.join(" "));
}
