// Vega-Lite charts, drawn as SVG. Exports embed(element, spec).
// Expressions are interpreted, not compiled with eval, which the page's Content-Security-Policy does not allow;
// a specification holds its own data, and cannot have the page fetch any from elsewhere.
import { loader } from "vega";
import vegaEmbed from "vega-embed";
import { expressionInterpreter } from "vega-interpreter";

const own = loader();
own.load = () => Promise.reject(new Error("a chart on this page holds its own data and fetches none"));

export async function embed(element, spec) {
  const { view } = await vegaEmbed(element, spec, {
    mode: "vega-lite",
    renderer: "svg",
    actions: false,
    ast: true,
    expr: expressionInterpreter,
    loader: own,
    defaultStyle: false,
  });
  return view;
}
