// The line charts of docs/soak.svg.
import { escape, svgOf } from "../../benchmarks/chart.mjs";

const width = 860;
const left = 60;
const right = 20;
const top = 84;
const panel = 130;
const gap = 44;
const colours = ["#2e9e5b", "#4f81bd", "#c0504d", "#8064a2", "#d9822b", "#8a8a8a"];

/** `panels` is a list of { title, lines: [{ name, points: [[x, y], …] }] }; all of them have the names in one order. */
export function lineCharts(title, subtitle, panels) {
  const body = [`  <text x="16" y="46">${escape(subtitle)}</text>`];
  let x = left;
  panels[0].lines.forEach(({ name }, i) => {
    body.push(`  <rect x="${x}" y="58" width="10" height="10" rx="2" fill="${colours[i % colours.length]}" />`);
    body.push(`  <text x="${x + 15}" y="67">${escape(name)}</text>`);
    x += 36 + Math.ceil(name.length * 6.5);
  });
  const mostX = Math.max(...panels.flatMap(({ lines }) => lines.flatMap(({ points }) => points.map(([x]) => x))));
  panels.forEach(({ title, lines }, at) => {
    const bottom = top + at * (panel + gap) + panel + 16;
    const mostY = Math.max(1, ...lines.flatMap(({ points }) => points.map(([, y]) => y)));
    const place = ([x, y]) =>
      `${(left + x / mostX * (width - left - right)).toFixed(1)},${(bottom - y / mostY * panel).toFixed(1)}`;
    body.push(`  <text x="16" y="${bottom - panel - 6}">${escape(title)}</text>`);
    for (const share of [0, 0.5, 1]) {
      const y = (bottom - share * panel).toFixed(1);
      body.push(`  <path d="M${left} ${y}H${width - right}" stroke="#8a8a8a" stroke-opacity="0.35" />`);
      body.push(`  <text x="${left - 8}" y="${Number(y) + 4}" text-anchor="end">${Math.round(share * mostY)}</text>`);
    }
    lines.forEach(({ points }, i) => {
      const colour = colours[i % colours.length];
      body.push(`  <polyline points="${points.map(place).join(" ")}" fill="none" stroke="${colour}" />`);
    });
  });
  const height = top + panels.length * (panel + gap) + 14;
  body.push(`  <text x="${width - right}" y="${height - 12}" text-anchor="end">${mostX.toFixed(1)} minutes</text>`);
  const description = panels.map(({ title, lines }) =>
    `${title}: ${lines.map(({ name, points }) => `${name} ends with ${points.at(-1)[1].toFixed(1)}`).join(", ")}`
  ).join("; ");
  return svgOf({ width, height, title, description, body });
}
