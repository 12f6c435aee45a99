// The bar chart of docs/benchmarks.svg.

const width = 860;
const barHeight = 16;
const pitch = 22;
const gap = 12;
const left = 300;
const right = 60;
const top = 66;

const colours = { c: "#8a8a8a", own: "#c0504d", native: "#4f81bd", other: "#4f81bd", ours: "#2e9e5b" };
const legend = [["ours", "@x/dgram"], ["own", "the runtime's own node:dgram"], ["native", "its native API"], [
  "c",
  "C",
]];

export const escape = (text) =>
  text.replace(/[&<>]/g, (character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[character]);

/** `bars` is a list of { name, group, kind, value }; a new group has a gap before it. */
export function barChart(title, subtitle, bars) {
  const most = Math.max(...bars.map(({ value }) => value));
  let y = top - pitch;
  const rows = bars.map(({ name, group, kind, value }, i) => {
    y += i > 0 && bars[i - 1].group !== group ? pitch + gap : pitch;
    const length = (value / most * (width - left - right)).toFixed(1);
    return [
      `  <text x="${left - 10}" y="${y + 12}" text-anchor="end">${escape(name)}</text>`,
      `  <rect x="${left}" y="${y}" width="${length}" height="${barHeight}" rx="2" fill="${colours[kind]}" />`,
      `  <text x="${(left + Number(length) + 6).toFixed(1)}" y="${y + 12}">${value.toFixed(1)}</text>`,
    ].join("\n");
  });
  const height = y + pitch + gap;
  let x = left;
  const keys = legend.map(([kind, text]) => {
    const key = [
      `  <rect x="${x}" y="40" width="10" height="10" rx="2" fill="${colours[kind]}" />`,
      `  <text x="${x + 15}" y="49">${escape(text)}</text>`,
    ].join("\n");
    x += 40 + text.length * 6.5;
    return key;
  });
  const values = bars.map(({ name, value }) => `${name}: ${value.toFixed(1)}`).join("; ");
  const body = [`  <text x="16" y="49">${escape(subtitle)}</text>`, ...keys, ...rows];
  return svgOf({ width, height, title, description: values, body });
}

/** A picture of these lines of SVG, on a background that goes with the reader's colours. */
export function svgOf({ width, height, title, description, body }) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">
  <title>${escape(title)}</title>
  <desc>${escape(description)}</desc>
  <style>
    text { font: 12px system-ui, sans-serif; fill: #24292f }
    .title { font-size: 15px; font-weight: 600 }
    .background { fill: #ffffff }
    @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .background { fill: #0d1117 } }
  </style>
  <rect class="background" width="${width}" height="${height}" />
  <text class="title" x="16" y="24">${escape(title)}</text>
${body.join("\n")}
</svg>
`;
}
