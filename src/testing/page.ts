/** One page that shows a trace: it has all that it needs in itself. */
import { type Flight, hostsOf } from "./flights.ts";
import { filterTrace, packTrace, unpackTrace } from "./page_data.ts";
import { paintTrace } from "./page_paint.ts";
import { runPage } from "./page_script.ts";
import { PAGE_STYLE } from "./page_style.ts";
import { showEnd } from "./trace.ts";

export function pageOf(
  flights: readonly Flight[],
  hosts: readonly string[] | null,
  known: readonly string[],
  seed: number,
): string {
  const packed = packTrace(flights, hosts ?? hostsOf(flights, known), showEnd);
  // Who bundles with names kept has them marked by a helper.
  const script = `const __name=(f)=>f;(${source(runPage)})(window,{` +
    `packed:JSON.parse(document.getElementById("trace").textContent),unpack:${source(unpackTrace)},` +
    `filter:${source(filterTrace)},paint:${source(paintTrace)}});`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none';script-src 'unsafe-inline';style-src 'unsafe-inline'">
<title>Datagrams, seed ${seed}</title>
<style>${PAGE_STYLE}</style>
<header>
<h1>Datagrams<small>seed ${seed}</small></h1>
<input id="filter" type="search" placeholder="Host, address, fate, #number" aria-label="Filter" autocomplete="off">
<span class="group"><button id="out" aria-label="Zoom out">−</button><button id="in" aria-label="Zoom in">+</button>
<button id="fit">Fit</button></span>
<span class="group"><button id="previous" aria-label="Previous datagram">‹</button>
<button id="next" aria-label="Next datagram">›</button></span>
<div id="fates" role="group" aria-label="Fates"></div>
</header>
<main>
<canvas id="canvas" tabindex="0" role="application" aria-label="Datagrams between hosts over time" aria-describedby="status"></canvas>
<section id="details" aria-live="polite" hidden>
<div><h2 id="title"></h2><button id="close" aria-label="Close">×</button></div>
<dl id="facts"></dl>
<pre id="hex" tabindex="0" aria-label="Bytes"></pre>
</section>
</main>
<footer><span id="status" role="status"></span>
<span class="keys"><kbd>+</kbd> <kbd>-</kbd> <kbd>0</kbd> zoom, <kbd>←</kbd> <kbd>→</kbd> <kbd>↑</kbd> <kbd>↓</kbd> move,
<kbd>n</kbd> <kbd>p</kbd> next and previous, <kbd>/</kbd> filter</span></footer>
<script type="application/json" id="trace">${JSON.stringify(packed).replaceAll("<", "\\u003c")}</script>
<script>${script.replaceAll("</", "<\\/")}</script>
</html>
`;
}

/** A function's own text: it refers to nothing outside of it. */
function source(of: (...values: never[]) => unknown): string {
  return String(of);
}
