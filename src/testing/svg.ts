/** Pictures of a span: a lane for each host, and time from top to bottom. */
import { PER_MILLISECOND } from "./show_time.ts";
import { type Flight, hostsOf } from "./flights.ts";

const LANE = 190;
const MARGIN = 90;
const TOP = 48;
const STEP = 26;

const STYLE = `
text{font:12px ui-sans-serif,system-ui,sans-serif;fill:#1d2733}
.lane{stroke:#c3cbd5;stroke-width:1.5}
.name{font-weight:600;text-anchor:middle}
.time{fill:#6a7685;text-anchor:end;font-size:11px;font-variant-numeric:tabular-nums}
.label{text-anchor:middle;font-size:11px;paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}
line,path{fill:none;stroke-width:1.6}
.delivered{stroke:#1f7a4d}
.lost,.cut,.no-room,.blocked{stroke:#c62f3b}
.refused,.unwanted{stroke:#a75d00}
.box{fill:#fff}
@media(prefers-color-scheme:dark){
text{fill:#e4e9ef}.time{fill:#93a0ae}.lane{stroke:#414c59}.box{fill:#151a21}.label{stroke:#151a21}
.delivered{stroke:#58c28d}.lost,.cut,.no-room,.blocked{stroke:#ff7b81}.refused,.unwanted{stroke:#eba64b}}
`;

/** The picture. Moments stand in their order and apart, as far as their times say and a label needs. */
export function svgOf(flights: readonly Flight[], hosts: readonly string[] | null, known: readonly string[]): string {
  const names = hosts ?? hostsOf(flights, known);
  const x = new Map(names.map((name, number) => [name, MARGIN + LANE / 2 + number * LANE]));
  const y = heights(flights);
  const width = MARGIN + names.length * LANE;
  const height = Math.max(TOP, ...y.values()) + 32;
  const parts: string[] = [];
  for (const name of names) {
    parts.push(`<line class="lane" x1="${x.get(name)}" y1="${TOP - 18}" x2="${x.get(name)}" y2="${height - 10}"/>`);
    parts.push(`<text class="name" x="${x.get(name)}" y="20">${escape(name)}</text>`);
  }
  for (const [time, at] of y) {
    parts.push(`<text class="time" x="${MARGIN - 8}" y="${at + 4}">${time / PER_MILLISECOND} ms</text>`);
  }
  // No line crosses a label.
  const labels: string[] = [];
  const drawn = new Map<string, number>();
  for (const flight of flights) {
    // What takes the same way at the same time shows one label, and the number of the others.
    const way = `${flight.from} ${flight.to} ${flight.since} ${flight.until}`;
    const before = drawn.get(way) ?? 0;
    drawn.set(way, before + 1);
    const [line, label] = arrow(
      flight,
      [x.get(flight.from)!, y.get(flight.since)!],
      [x.get(flight.to)!, y.get(flight.until)!],
      before,
    );
    parts.push(line);
    labels.push(label);
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `role="img" aria-label="Datagrams between ${escape(names.join(", "))}">\n<style>${STYLE}</style>\n` +
    `<rect class="box" width="${width}" height="${height}" rx="8"/>\n${[...parts, ...labels].join("\n")}\n</svg>\n`;
}

/** Where each moment is: further down with the time that went by, but never too close or too far. */
function heights(flights: readonly Flight[]): Map<number, number> {
  const times = [...new Set(flights.flatMap(({ since, until }) => [since, until]))].sort((a, b) => a - b);
  const gaps = times.slice(1).map((time, place) => time - times[place]).sort((a, b) => a - b);
  const usual = gaps[gaps.length >> 1] || 1;
  let at = TOP;
  return new Map(times.map((time, place) => {
    if (place > 0) at += Math.round(STEP * Math.min(3, Math.max(1, (time - times[place - 1]) / usual)));
    return [time, at];
  }));
}

type Point = readonly [x: number, y: number];

function arrow(flight: Flight, [x1, y1]: Point, [x2, y2]: Point, before: number): [line: string, label: string] {
  const { fate, reason, packet: { id, data }, onLink } = flight;
  const style = fate.replace(" ", "-");
  const title = `<title>#${id}, ${data.length} bytes, ${fate}${reason === "" ? "" : `: ${escape(reason)}`}</title>`;
  const label = fate === "delivered" ? `#${id}, ${data.length} B` : `#${id} ${fate}`;
  if (x1 === x2) {
    const path = `M${x1} ${y1 - 5}h22v10h-18`;
    const at = `x="${x1 + 28}" y="${y1 + 4 + before * 13}"`;
    return [
      `<g>${title}<path class="${style}" d="${path}"/>${head([x1 + 2, y1 + 5], Math.PI, style)}</g>`,
      `<text class="label" style="text-anchor:start" ${at}>${escape(label)}</text>`,
    ];
  }
  // What is lost ends on its way, at no time in particular.
  const end: Point = onLink ? [x1 + (x2 - x1) * 0.5, y1 + (y2 - y1) * 0.5] : [x2, y2];
  const angle = Math.atan2(end[1] - y1, end[0] - x1);
  const mark = fate === "delivered" ? head(end, angle, style) : cross(end, style);
  const along = (from: number, to: number): number => from + (to - from) * (onLink ? 0.5 : 0.3);
  const at = `x="${round(along(x1, end[0]))}" y="${round(along(y1, end[1]) + 4 - before * 13)}"`;
  const line = `<line class="${style}" x1="${x1}" y1="${y1}" x2="${round(end[0])}" y2="${round(end[1])}"/>`;
  return [`<g>${title}${line}${mark}</g>`, `<text class="label" ${at}>${escape(label)}</text>`];
}

function head([x, y]: Point, angle: number, style: string): string {
  const [a, b] = [angle + 2.7, angle - 2.7].map((side) =>
    `${round(x + 9 * Math.cos(side))} ${round(y + 9 * Math.sin(side))}`
  );
  return `<path class="${style}" d="M${a}L${round(x)} ${round(y)}L${b}"/>`;
}

function cross([x, y]: Point, style: string): string {
  return `<path class="${style}" d="M${round(x - 5)} ${round(y - 5)}l10 10m0 -10l-10 10"/>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
