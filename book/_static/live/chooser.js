// The dialog in which the reader chooses where code runs, and reads who will be contacted before it happens.
// In: choose({config, current, torch}). Out: a promise of the chosen place, or null.
import { contact, offered } from "./places.js";
import { PLACES, chooser as words, launch } from "./words.js";

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

function field(name, label, hint, properties) {
  const input = make("input", { id: `live-${name}`, name, autocomplete: "off", spellcheck: false, ...properties });
  const help = make("small", { id: `live-${name}-hint` }, hint);
  input.setAttribute("aria-describedby", help.id);
  return make("div", { className: "live-field" }, make("label", { htmlFor: input.id }, label), input, help);
}

function option(place, config, current) {
  const radio = make("input", { type: "radio", name: "place", value: place.kind, id: `live-place-${place.kind}` });
  radio.checked = place.kind === current.kind;
  const text = make("span", { className: "live-contact", id: `${radio.id}-contact` }, contact(place, config));
  radio.setAttribute("aria-describedby", text.id);
  const line = make("label", { htmlFor: radio.id }, PLACES[place.kind].title);
  return make("div", { className: "live-place" }, radio, line, text);
}

export async function choose({ config, current, torch, address }) {
  // PyTorch does not run in a browser, so that place is no answer to a cell that needs it.
  const places = (await offered(config)).filter((place) => !(torch && place.kind === "browser"));
  const selected = places.find((place) => place.kind === current.kind) ?? places[0];
  const fieldset = make("fieldset", {}, make("legend", { className: "unseen" }, words.title));
  places.forEach((place) => fieldset.append(option(place, config, selected)));

  const own = make(
    "div",
    { className: "live-own" },
    field("address", words.address, words.addressHint, { type: "url", inputMode: "url", value: address ?? "" }),
    field("token", words.token, words.tokenHint, { type: "password" }),
  );
  fieldset.querySelector("#live-place-own").closest(".live-place").append(own);

  const problem = make("p", { className: "live-problem", role: "alert" });
  const use = make("button", { type: "submit", className: "primary" }, words.use);
  const cancel = make("button", { type: "button" }, words.cancel);
  const form = make(
    "form",
    { method: "dialog", noValidate: true },
    make("h2", { id: "live-chooser-title" }, words.title),
    make("p", {}, torch ? words.torch : words.lead),
    fieldset,
    problem,
    make("div", { className: "live-answers" }, use, cancel),
  );
  if (config.launch?.length) {
    const links = config.launch.map(({ name, url }) => make("a", { href: url, rel: "noopener" }, launch(name)));
    form.append(make("p", { className: "live-elsewhere" }, `${words.elsewhere}: `, ...links.flatMap((link) => [link, " "])));
  }
  const dialog = make("dialog", { className: "live-chooser" }, form);
  dialog.setAttribute("aria-labelledby", "live-chooser-title");
  document.body.append(dialog);

  const kind = () => form.elements.place.value;
  const showOwn = () => (own.hidden = kind() !== "own");
  form.addEventListener("change", showOwn);
  showOwn();
  dialog.showModal();

  return new Promise((resolve) => {
    let answer = null;
    cancel.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    form.addEventListener("submit", (event) => {
      answer = places.find((place) => place.kind === kind());
      if (answer?.kind !== "own") return;
      answer = { ...answer, ...ownServer(form.elements.address.value, form.elements.token.value) };
      if (answer.baseUrl) return;
      event.preventDefault();
      answer = null;
      problem.textContent = words.badAddress;
      form.elements.address.setAttribute("aria-invalid", "true");
      form.elements.address.focus();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
  });
}

/** {baseUrl, token} from what the reader pasted: Jupyter prints its address with the token in it. */
function ownServer(address, token) {
  let url;
  try {
    url = new URL(address.trim());
  } catch {
    return { baseUrl: null };
  }
  if (!/^https?:$/.test(url.protocol)) return { baseUrl: null };
  const path = url.pathname.replace(/(lab|tree|notebooks)(\/.*)?$/, "").replace(/\/*$/, "/");
  return { baseUrl: url.origin + path, token: token.trim() || url.searchParams.get("token") || "" };
}
