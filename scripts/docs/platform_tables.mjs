// The tables of the documentation that tell one machine from another: what each runtime says of its features there, and how
// the scenarios went. The answers are those of scripts/matrix/elsewhere/record.mjs.
import { markdownTable } from "./markdown_table.mjs";

/** This machine's own answers are always fresh; the others are as they were kept. */
export const here = "Linux x64";
const systems = [here, "Linux arm64", "Linux x64, musl", "macOS arm64", "macOS x64", "Windows x64", "Windows arm64"];
/** What stands in a table also where nothing has been asked. */
const always = new Set([here, "Linux arm64", "Linux x64, musl", "macOS arm64", "Windows x64"]);

const kinds = [
  ["node", "", "Node"],
  ["node", "@x/dgram/ffi", "Node 26 with @x/dgram/ffi"],
  ["deno", "", "Deno"],
  ["deno", "--allow-ffi", "Deno --allow-ffi"],
  ["bun", "", "Bun"],
];

const names = { node: "Node", deno: "Deno", bun: "Bun" };
const compareVersions = (one, other) => one.localeCompare(other, "en", { numeric: true });

/** Those of that system, the newest version first; a machine itself is asked before what stands in for it. */
function recordsOf(records, system, runtime, mode) {
  const all = records.filter((record) =>
    record.system === system && record.runtime === runtime && record.mode === mode
  );
  const real = all.filter(({ through }) => through === undefined);
  return (real.length ? real : all).sort((a, b) => compareVersions(b.version, a.version));
}

/** What stands in a cell: the newest version's answer, and those of older ones where they are others. */
function answer(records, feature) {
  if (!records.length) return "not run";
  const [newest, ...older] = records.map(({ version, features }) => [version, features[feature] ?? "unavailable"]);
  const others = new Map();
  for (const [version, support] of older.reverse().filter(([, support]) => support !== newest[1])) {
    others.set(support, [...others.get(support) ?? [], version.split(".")[0]]);
  }
  const told = [...others].map(([support, versions]) => `${versions.join(", ")}: ${support}`);
  return told.length ? `${newest[1]} (${told.join("; ")})` : newest[1];
}

/** Features that have the same answers share a row. */
function tableOf(records, columns, [runtime, mode, title]) {
  const ofColumns = columns.map((system) => recordsOf(records, system, runtime, mode));
  const features = [...new Set(ofColumns.flat().flatMap(({ features }) => Object.keys(features)))].sort();
  const rows = new Map();
  for (const feature of features) {
    const cells = ofColumns.map((ofColumn) => answer(ofColumn, feature));
    const key = JSON.stringify(cells);
    if (!rows.has(key)) rows.set(key, { cells, features: [] });
    rows.get(key).features.push(`\`${feature}\``);
  }
  const sorted = [...rows.values()].sort((a, b) => b.features.length - a.features.length);
  return markdownTable([title, ...columns], sorted.map(({ features, cells }) => [features.join(", "), ...cells]));
}

/** Which versions were asked, where, when and how. */
function sourcesOf(records, columns) {
  return columns.filter((system) => system !== here).map((system) => {
    const asked = records.filter((record) => record.system === system);
    const groups = new Map();
    for (const { date, through, runtime, version } of asked) {
      const key = `${date}${through ? `, by ${through}` : ""}`;
      groups.set(key, new Set([...groups.get(key) ?? [], `${names[runtime]} ${version}`]));
    }
    const told = [...groups].map(([key, versions]) => `${[...versions].sort(compareVersions).join(", ")} (${key})`);
    return `- ${system}: ${told.join("; ") || "not run"}`;
  }).join("\n");
}

/** The notes that are others than on Linux x64, each once, with where it holds. */
function notesOf(records, columns) {
  const noteOf = (record, feature) =>
    record?.notes?.[feature] && `\`${feature}\` (${record.features[feature]}): ${record.notes[feature]}`;
  const owners = new Map();
  for (const [runtime, mode, title] of kinds) {
    const [own] = recordsOf(records, here, runtime, mode);
    for (const system of columns.filter((system) => system !== here)) {
      const [record] = recordsOf(records, system, runtime, mode);
      for (const feature of Object.keys(record?.features ?? {})) {
        const note = noteOf(record, feature);
        if (!note || note === noteOf(own, feature)) continue;
        owners.set(note, [...owners.get(note) ?? [], `${title} on ${system}`]);
      }
    }
  }
  const groups = new Map();
  for (const [note, where] of owners) {
    const group = where.join("; ");
    groups.set(group, [...groups.get(group) ?? [], `  - ${note}`]);
  }
  return [...groups].map(([group, notes]) => `- ${group}\n${notes.sort().join("\n")}`).join("\n");
}

/** The tables of features by system. */
export function platformTables(records) {
  const columns = systems.filter((system) => always.has(system) || records.some((record) => record.system === system));
  return [
    sourcesOf(records, columns),
    ...kinds.map((kind) => tableOf(records, columns, kind)),
    "What is said there and not on Linux x64:",
    notesOf(records, columns),
  ].join("\n\n");
}

/** How the scenarios went on other machines. */
export function machinesTable(records) {
  const rows = records.filter(({ counts }) => counts).map((
    { system, through, runtime, version, mode, counts, consumers, date },
  ) => [
    `${system}, by ${through}`,
    `${names[runtime]} ${version} ${mode}`.trim(),
    ...["asNode26", "asThere", "lacking", "ours", "own"].map((key) => counts[key]),
    consumers[1] ? consumers.join(" of ") : "",
    date,
  ]);
  const head = [
    "machine",
    "runtime",
    "as Node 26",
    "as node:dgram there",
    "impossible there",
    "failed",
    "its own node:dgram as Node 26",
    "users' programs",
    "date",
  ];
  return markdownTable(head, rows, [2, 3, 4, 5, 6]);
}
