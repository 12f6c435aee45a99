/** The documentation says what is so: what can be compared with the code is. */
import { assert, assertEquals } from "@std/assert";
import { capabilities, Socket } from "@x/dgram";
import * as ancillary from "@x/dgram/ancillary";
import * as deno from "@x/dgram/deno";
import * as guard from "@x/dgram/guard";
import * as handoff from "@x/dgram/handoff";
import * as observe from "@x/dgram/observe";
import * as promises from "@x/dgram/promises";
import * as testing from "@x/dgram/testing";
import * as web from "@x/dgram/web";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import process from "node:process";
import { test } from "node:test";
import type { Feature } from "../src/core/backend.ts";
import { scenarios } from "./conformance/scenarios/mod.ts";
import { BUN_FLOOR } from "../src/runtimes/common/floors.ts";
import { load, root, runtime } from "./support/child.ts";

const read = (file: string): string => readFileSync(resolve(root, file), "utf8");
const pages = [
  "README.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  ...readdirSync(resolve(root, "docs")).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
];

interface DenoGlobal {
  listenDatagram?: unknown;
  permissions: { querySync(descriptor: { name: string }): { state: string } };
}

/** The cells of the lines of a Markdown table that begins with this head. */
function rowsOf(text: string, head: string): string[][] {
  const lines = text.slice(text.indexOf(`| ${head}`)).split("\n");
  const table = lines.slice(0, lines.findIndex((line) => !line.startsWith("|")));
  return table.map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

const denoGlobal = (globalThis as unknown as { Deno?: DenoGlobal }).Deno;
/** The cell that puts the ffi entry's sockets below the others. */
const ffiEntry = capabilities.backend === "node-ffi" && "it is about the main entry";
/** The cell whose sockets are those of Deno.listenDatagram. */
const listenDatagram = capabilities.backend === "deno" && "it is about the main entry";
const withFFI = denoGlobal?.permissions.querySync({ name: "ffi" }).state === "granted";

/** The column of the support table that is about this runtime; flags that make no difference have none. */
function ownColumn(titles: readonly string[]): number {
  const major = process.versions.node.split(".")[0];
  if (ffiEntry) return titles.indexOf(`Node ${major}, @x/dgram/ffi`);
  if (runtime === "node") {
    return titles.findIndex((title) => title.startsWith("Node ") && title.slice(5).split(", ").includes(major));
  }
  if (runtime === "bun") return titles.indexOf("Bun");
  if (listenDatagram) return titles.indexOf("Deno.listenDatagram");
  const net = denoGlobal?.listenDatagram ? ["--unstable-net"] : [];
  const candidates = withFFI ? [[...net, "--allow-ffi"], ["--allow-ffi"]] : [net, []];
  return candidates.map((flags) => titles.indexOf(["Deno", ...flags].join(" "))).find((column) => column > 0) ?? -1;
}

/** What the oldest Bun has less, by a table of its own: [feature, support, why]. */
const onFloor = process.env.DGRAM_TEST_FLOOR && runtime === "bun"
  ? rowsOf(read("docs/support.md"), `on Bun ${BUN_FLOOR}`).slice(2).map((
    [name, ...cells],
  ) => [name.slice(1, -1), ...cells])
  : [];

test("the support table says of this runtime what its capabilities say", {
  skip: process.platform === "linux" ? false : "the table is about Linux",
}, () => {
  const [head, , ...rows] = rowsOf(read("docs/support.md"), "feature");
  const column = ownColumn(head);
  assert(column > 0, `no column for this runtime: ${head.join(", ")}`);
  const documented = Object.fromEntries(rows.map((cells) => [cells[0].slice(1, -1), cells[column]]));
  for (const [name, support, why] of onFloor) {
    documented[name] = support;
    assertEquals(capabilities.notes[name as Feature], why);
  }
  assertEquals(documented, { ...capabilities.features });
});

/** The members that have a line of their own in a table of the reference, and what its last cell says of them. */
function referenceRows(): { members: string[]; where: string }[] {
  const rows = [...read("docs/reference.md").matchAll(/^\| (.*) \|$/gm)].map(([, row]) => row.split(" | "));
  return rows.map((cells) => ({
    members: [...cells[0].matchAll(/[`'](?:\[?Symbol\.)?(\w+)/g)].map(([, name]) => name),
    where: cells.at(-1)!.trim(),
  }));
}

/** Names of the members of an interface, wherever in the core it is declared. */
function membersOf(name: string): string[] {
  const files = readdirSync(resolve(root, "src/core")).map((file) => read(`src/core/${file}`));
  const declared = files.map((text) => new RegExp(`^export interface ${name}\\b[^{]*\\{$(.*?)^\\}`, "ms").exec(text));
  const body = declared.find((match) => match !== null)?.[1] ?? "";
  return [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, member]) => member);
}

test("the reference has each option, method and event", () => {
  const documented = new Set(referenceRows().flatMap(({ members }) => members));
  const methods = Object.getOwnPropertyNames(Socket.prototype).filter((name) => name !== "constructor");
  const groups = [methods, ...["SocketOptions", "BindOptions", "BindSyncOptions", "SocketEvents"].map(membersOf)];
  for (const names of groups) assert(names.length > 0);
  const named = read("docs/reference.md");
  const shared = new Set(["port", "address"]);
  const missing = groups.flat().filter((name) =>
    !documented.has(name) && !(shared.has(name) && named.includes(`\`${name}\``))
  );
  assertEquals(missing, []);
});

test("the reference has each export and each event of the other entries", () => {
  const named = read("docs/reference.md");
  const exported = [ancillary, deno, guard, handoff, observe, promises, testing, web].flatMap(Object.keys);
  // What CommonJS adds when it is imported.
  const own = exported.filter((name) => !["default", "module.exports", "__esModule"].includes(name));
  const missing = [...own, "icmp"].filter((name) => !new RegExp(`[\`']${name}\\b`).test(named));
  assertEquals(missing, []);
});

/** `emulated on Node, Deno`, as the reference puts it, or "everywhere". */
function whereOf(cells: Record<string, string>): string {
  const names = Object.entries({
    "Node 18, 20": "Node 18, 20",
    "Node 22, 24, 26": "Node 22, 24, 26",
    "Node 26, @x/dgram/ffi": "Node `ffi`",
    "Deno": "Deno",
    "Deno --allow-ffi": "Deno FFI",
    "Bun": "Bun",
  });
  const clauses = [["emulated", "emulated on"], ["unavailable", "not on"]].flatMap(([support, words]) => {
    const where = names.filter(([column]) => cells[column] === support).map(([, name]) => name).join(", ");
    return where ? [`${words} ${where.replace("Node 18, 20, Node 22, 24, 26", "Node")}`] : [];
  });
  return clauses.join("; ") || "everywhere";
}

test("the reference says of each feature what the support table says", () => {
  const [head, , ...rows] = rowsOf(read("docs/support.md"), "feature");
  const table = new Map(rows.map(([feature, ...cells]) => [
    feature.slice(1, -1),
    whereOf(Object.fromEntries(cells.map((cell, index) => [head[index + 1], cell]))),
  ]));
  const said = referenceRows().flatMap(({ where }) => {
    const match = /^`(\w+)`: (.*)$/.exec(where);
    return match ? [[match[1], match[2]]] : [];
  });
  assertEquals(said, said.map(([feature]) => [feature, table.get(feature)]));
  assertEquals([...new Set(said.map(([feature]) => feature))].sort(), [...table.keys()].sort());
});

test("the README is short, and its links lead to what the JSR package has too", () => {
  const readme = read("README.md").replace(/<!--.*?-->/gs, "");
  const words = readme.split(/\s+/).filter((word) => /\w/.test(word)).length;
  assert(words < 900, `${words} words`);
  for (const table of readme.matchAll(/(?:^\|.*\n)+/gm)) {
    const rows = table[0].trimEnd().split("\n").length - 2;
    assert(rows <= 6, `a table of ${rows} rows`);
  }
  const { include } = JSON.parse(read("deno.json")).publish as { include: string[] };
  const targets = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target]) => target);
  const missing = targets.filter((target) => !include.some((entry) => target === entry || target.startsWith(entry)));
  assertEquals(missing, []);
});

test("each error code has a section in docs/errors.md, and no other has", () => {
  const entries = ["core", "guard", "handoff", "register", "testing"];
  const sources = entries.map((entry) => read(`src/${entry}/errors.ts`)).join();
  const raised = new Set(sources.match(/\bERR_[A-Z_]+\b/g));
  const documented = [...read("docs/errors.md").matchAll(/^## (ERR_\w+)$/gm)].map(([, code]) => code);
  assertEquals(documented.sort(), [...raised].sort());
});

test("docs/errors.md leads to the errors of promises, which have sections in docs/promises.md", () => {
  const raised = [...new Set(read("src/promises/errors.ts").match(/\bERR_[A-Z_]+\b/g))].sort();
  const documented = [...read("docs/promises.md").matchAll(/^### (ERR_\w+)$/gm)].map(([, code]) => code);
  const linked = [...read("docs/errors.md").matchAll(/\[(ERR_\w+)\]\(promises\.md#(err_\w+)\)/g)];
  assertEquals(documented.sort(), raised);
  assertEquals(linked.map(([, code]) => code).sort(), raised);
  assertEquals(linked.map(([, , anchor]) => anchor.toUpperCase()).sort(), raised);
});

test("each warning's code has a section in docs/errors.md, and no other has", () => {
  const emitted = read("src/runtimes/common/ignored_buffer_size.ts").match(/\bDGRAM_[A-Z_]+\b/g);
  const documented = [...read("docs/errors.md").matchAll(/^### (DGRAM_\w+)$/gm)].map(([, code]) => code);
  assertEquals(documented.sort(), [...new Set(emitted)].sort());
});

test("each mended defect is in docs/deviations.md with the scenarios that hold it, and no other is", () => {
  const sections = read("docs/deviations.md").split(/^## /m).filter((section) => /^\d+\. /.test(section));
  const documented = sections.flatMap((section) =>
    [...section.matchAll(/^- (.*)$/gm)].map(([, name]) => `${Number.parseInt(section, 10)} ${name}`)
  );
  const mended = scenarios.flatMap(({ name, deviates }) => deviates ? [`${deviates.row} ${name}`] : []);
  assertEquals(documented.sort(), mended.sort());
});

interface Quirk {
  readonly name: string;
  readonly where: readonly string[];
}

/** Files that name a version where nothing is worked around. */
const tellOnly = ["core/socket_types.ts", "runtimes/deno/types.ts", "cli/commands/bench_one_way.ts"];

/** Paths below a folder, from there, with forward slashes. */
function filesBelow(folder: string): string[] {
  return readdirSync(resolve(root, folder), { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"));
}

test("each workaround is in the list of quirks, and docs/quirks.md says of each what the list says", async () => {
  const { quirks } = await load("tests/quirks/list.mjs") as { quirks: readonly Quirk[] };
  const { quirksPage } = await load("scripts/quirks/page.mjs") as { quirksPage(quirks: readonly Quirk[]): string };
  assert(read("docs/quirks.md").includes(quirksPage(quirks)), "npm run quirks -- --write");
  const listed = new Set(quirks.flatMap(({ where }) => where));
  assertEquals([...listed].filter((file) => !existsSync(resolve(root, file))), []);
  const sources = filesBelow("src").filter((file) => file.endsWith(".ts") && !tellOnly.includes(file));
  assert(sources.length > 100);
  const named = sources.filter((file) => /\b(?:Deno|Bun) \d+\.\d+\.\d/.test(read(`src/${file}`)));
  assertEquals(named.filter((file) => !listed.has(`src/${file}`)), []);
});

/** The sentences "Feature `x`: unavailable on Node and Deno; emulated on Bun." of the API's documentation. */
function featureSentences(): { feature: string; support: string }[] {
  const files = readdirSync(resolve(root, "src/core")).filter((file) => file.endsWith("_types.ts"));
  const text = files.map((file) => read(`src/core/${file}`)).join("\n").replace(/^ *\* ?/gm, "").replaceAll("\n", " ");
  return [...text.matchAll(/Feature `(\w+)`(?:: ((?:emulated|unavailable) on [^.]*))?\./g)].map((match) => {
    const [, feature, clauses = ""] = match;
    const here = clauses.split("; ").map((clause) => clause.split(" on ")).find(([, where = ""]) =>
      where.split(/, | and /).some(isHere)
    );
    return { feature, support: here?.[0] ?? "native" };
  });
}

function isHere(where: string): boolean {
  const [name, ...rest] = where.split(" ");
  if (name.toLowerCase() !== runtime) return false;
  return rest.length === 0 || rest[0] === process.versions.node.split(".")[0];
}

test("the API's documentation says of each feature what this runtime's capabilities say", {
  skip: process.platform !== "linux"
    ? "it is about Linux"
    : withFFI
    ? "it is about Deno without --allow-ffi"
    : listenDatagram || ffiEntry,
}, () => {
  const sentences = featureSentences().filter(({ feature }) => !onFloor.some(([name]) => name === feature));
  assert(sentences.length > 0);
  const documented = sentences.map(({ feature, support }) => [feature, support]);
  const actual = sentences.map(({ feature }) => [feature, capabilities.features[feature as Feature]]);
  assertEquals(documented, actual);
});

/** What GitHub makes of a heading. */
const anchorOf = (heading: string): string =>
  heading.toLowerCase().replace(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-");

test("each link between the pages leads somewhere", () => {
  const lost = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].flatMap(([, target, anchor]) => {
      const file = target === "" ? page : resolve(root, dirname(page), target);
      if (!existsSync(resolve(root, file))) return [`${page}: ${target}`];
      if (anchor === undefined) return [];
      const anchors = [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading));
      return anchors.includes(anchor) ? [] : [`${page}: ${target}#${anchor}`];
    })
  );
  assertEquals(lost, []);
});

test("each command and each path of the pages names what there is", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const files = filesBelow("tests").map((path) => `tests/${path}`);
  const tests = files.filter((path) => path.endsWith(".test.ts"));
  const variables = new Set(
    files.filter((path) => path.endsWith(".ts")).flatMap((path) => read(path).match(/\bDGRAM_[A-Z_]+\b/g) ?? []),
  );
  const named = (pattern: RegExp): string[] =>
    pages.flatMap((page) => [...read(page).matchAll(pattern)].map(([, name]) => name));
  const lost = [
    ...named(/\bnpm run (\w+)/g).filter((name) => !(name in scripts)),
    ...named(/`((?:src|tests|scripts|benchmarks|examples)\/[\w/.]+)`/g).filter((path) =>
      !["", ".ts", ".test.ts"].some((end) => existsSync(resolve(root, path + end)))
    ),
    ...named(/\bnode ((?:scripts|examples|benchmarks)\/[\w/.]+)/g).filter((path) => !existsSync(resolve(root, path))),
    ...named(/\bnpm test --[^\n`]* --file (\S+?)(?=[\s`]|$)/gm).filter((text) =>
      !tests.some((path) => path.includes(text))
    ),
    ...named(/\b(DGRAM_[A-Z_]+)=\S+ (?:npm|npx|node|bun|deno)\b/g).filter((name) => !variables.has(name)),
  ];
  assertEquals(lost, []);
});
