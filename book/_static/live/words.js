// Every sentence that the live cells say, in one place. One plain sentence says what happened, one what to do next.

const MEGABYTE = 1_000_000;
export const megabytes = (bytes) => `${(bytes / MEGABYTE).toFixed(1)} MB`;

function seconds(milliseconds) {
  if (milliseconds < 100) return "under 0.1 s";
  return milliseconds < 10_000 ? `${(milliseconds / 1000).toFixed(1)} s` : `${Math.round(milliseconds / 1000)} s`;
}

export const BUTTONS = {
  run: "Run code",
  stop: "Stop",
  above: "Run all above",
  reset: "Reset code",
  ours: "Show our result",
  yours: "Show your result",
};

export const RESULTS = { ours: "Our result", yours: "Your result" };

export const label = {
  code: (number) => `Code of cell ${number}`,
  bar: (number) => `Controls of cell ${number}`,
  result: (whose, number) => `${whose}, cell ${number}`,
  where: (name) => `Runs ${name}`,
  torch: "Choose where to run",
};

export const HINT = "You can change this code. Shift and Enter runs it; Tab leaves it.";

export const status = {
  off: "",
  fetches: (bytes) => `The first run fetches ${megabytes(bytes)} from this site, once`,
  starting: (name) => `Python is starting ${name} …`,
  ready: (name) => `Python is ready ${name}`,
  fetching: (bytes) => `Python is starting: it fetches ${megabytes(bytes)} from this site, once …`,
  waiting: "Waiting for the cell that runs now …",
  running: "Running …",
  done: (milliseconds) => `Done in ${seconds(milliseconds)}.`,
  nothing: (milliseconds) => `Done in ${seconds(milliseconds)}. This code showed nothing.`,
  error: "Python reported an error: it is shown below.",
  stopped: "Stopped.",
  forgot: "Stopped. Python starts afresh and has forgotten every name: Run all above brings them back.",
  skipped: "Not run, because a cell before it did not finish.",
  reset: "This is our code again.",
  torch: "This code needs PyTorch, which does not run inside a browser.",
};

const again = "Press Run code to try again";
const FILES = {
  "pyodide.asm.wasm": "the Python interpreter",
  "pyodide.asm.mjs": "the Python interpreter",
  "pyodide.mjs": "the Python interpreter",
  "python_stdlib.zip": "Python’s own library",
  "worker.js": "the program that starts Python",
};

/** What to call a file that did not arrive: in words where it is one of ours, by its name otherwise. */
function file(detail) {
  if (detail.includes(".whl")) return "the book’s lab";
  const name = detail.match(/[\w.+-]+\.(?:whl|json|mjs|js|py|wasm|zip)\b/)?.[0] ?? "a file";
  return FILES[name] ? `${FILES[name]} (${name})` : name;
}

/** The sentence for a Fault of a kernel at `place`, the words by which the reader chose it. */
export function explain(fault, place) {
  const sentences = {
    blocked: `This browser did not let the page start Python: it blocks workers here. ${again}, or choose a Jupyter server under “${label.where("in this browser")}”.`,
    wasm: `This browser does not run WebAssembly, which Python needs here; employers sometimes switch it off. Try another browser, or choose a Jupyter server under “${label.where("in this browser")}”.`,
    missing: `Python could not start: ${file(fault.detail)} did not arrive. Check the connection, then press Run code to try again.`,
    import: `${file(fault.detail).replace(/^t/, "T")}, which this code imports, did not arrive. Check the connection, then press Run code to try again.`,
    dead: `Python ended unexpectedly and has forgotten every name. ${again}; Run all above brings the names back.`,
    program: `A part of this page, ${file(fault.detail)}, did not arrive. Check the connection, then press Run code to try again.`,
    unreachable: `The Jupyter server at ${fault.detail} does not answer. Start it, let the page reach it if the browser asks, or choose another place to run; then press Run code.`,
    origin: `The Jupyter server at ${fault.detail} does not accept code from this page. Start it with --ServerApp.allow_origin=${location.origin}, then press Run code.`,
    token: `The Jupyter server at ${fault.detail} refused the token. Copy the token again from where the server was started, and choose the server anew.`,
    gone: `The connection to Python ${place} is lost. If the server still runs, press Run code to connect again; otherwise choose another place to run.`,
    refused: `Binder refused to start a server${fault.detail ? `: ${fault.detail.trim().replace(/\.$/, "")}` : ""}. Try again in a few minutes, or choose another place to run.`,
    silent: `Binder has said nothing for ${fault.detail}, so the page stopped waiting. Try again later, or choose another place to run.`,
  };
  return sentences[fault.kind] ?? `Python failed: ${fault.message}. ${again}.`;
}

// Said below a traceback, where Python's own words do not tell what can be done on this page.
export const HELP = {
  MemoryError: "Python in this browser ran out of memory. Make the code smaller and run it again.",
  NameError:
    "Where the name comes from a cell above: press Run all above, then Run code. Python knows no names yet when a page has just been opened.",
  ModuleNotFoundError:
    "Python in this browser has its own library and this book’s lab, nothing else. A Jupyter server has more: choose one under “Runs in this browser”.",
};

export const CUT = "There is more, but the page stops showing it here: print less to see it all.";
export const TOO_BIG = "This picture or table is too big for the page to show.";
export const PICTURE = "A picture made by this cell; the text around it says what it shows.";

export const chooser = {
  title: "Where shall the code run?",
  lead: "The choice holds for this page’s cells, and in this tab until you close it.",
  torch: "This cell needs PyTorch, which does not run inside a browser. A Jupyter server can run it.",
  use: "Run it there",
  cancel: "Cancel",
  address: "Address of the server",
  addressHint: "As Jupyter prints it, such as http://127.0.0.1:8888/",
  token: "Token",
  tokenHint: "Kept in this page’s memory only.",
  badAddress: "Write the address with http:// or https:// in front, such as http://127.0.0.1:8888/",
  elsewhere: "Or open it elsewhere",
};

/** Each place where code can run: what it is called in a sentence, its title, and who is contacted. */
export const PLACES = {
  browser: {
    name: "in this browser",
    title: "In this browser",
    contact: (bytes) => `Nothing leaves this computer. Python comes from this site: ${megabytes(bytes)}, once.`,
  },
  local: {
    name: "in Jupyter on this computer",
    title: "Jupyter on this computer",
    contact: (address) => `The code is sent to ${new URL(address).host}, a server that runs on this computer beside this page. It leaves it for nowhere else.`,
  },
  own: {
    name: "on your Jupyter server",
    title: "Your own Jupyter server",
    contact: () => "The code is sent to the address that you write here, and to nobody else.",
  },
  binder: {
    name: "on Binder",
    title: "Binder",
    contact: (hub) => `The code is sent to ${new URL(hub).host}, which then knows your internet address and starts a server for you. That can take minutes; the server goes away when unused.`,
  },
};

export const launch = (name) => `Open in ${name}`;
