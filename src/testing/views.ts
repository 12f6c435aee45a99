/** What draws and writes a trace. It is loaded when somebody looks, and by no core. */
export { capture } from "./capture.ts";
export { flightsOf } from "./flights.ts";
export { mermaidOf } from "./mermaid.ts";
export { pageOf } from "./page.ts";
export { svgOf } from "./svg.ts";
