// Who is measured.
import { existsSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { installedPackages } from "../scripts/matrix/installed_packages.mjs";
import { inRoot } from "../scripts/matrix/paths.mjs";
import { bunPath, denoPath, nodePath, nodeVersions } from "../scripts/matrix/runtimes.mjs";

/*
 * A contender is { name, runtime, kind, command } or { name, reason } if it cannot be had. `kind` is
 * - ours: this module's build; `env` says which;
 * - own: the runtime's own node:dgram;
 * - native: the runtime's native API; where there are two, the faster;
 * - other: the slower one, or an addon that people take instead;
 * - entry: another way to use this module; `events` names the contender with the event API that it is compared with,
 *   `works` the few works and sizes that it takes part in;
 * - c: a C program; `limit` marks the one that the others are compared with, and `many` is another for many sockets.
 * `memory` has the flags that let it collect garbage when asked to.
 */

const measuredNodes = ["20", "24", "26"];
const nativeOfDeno = "Deno.listenDatagram";
/** The flags; `--unstable-net` by itself only lets sockets choose `listenDatagram`. */
const denoVariants = [
  { flags: [] },
  { variant: "listenDatagram", flags: ["--unstable-net"] },
  { flags: ["--allow-ffi"] },
  { flags: ["--unstable-net", "--allow-ffi"] },
];
const inQuickRuns = (name) =>
  /Node 26|Deno (listenDatagram|--unstable-net --allow-ffi)$|Bun$|^(Deno\.listenDatagram|Bun\.udpSocket sendMany|node:dgram, Deno|C .*(mmsg|GRO))/
    .test(
      name,
    );

const program = (name) => inRoot("benchmarks", "contenders", `${name}.mjs`);

/** The command that has a contender's runtime play another program. */
export const commandFor = ({ command }, name) => [...command.slice(0, -1), program(name)];

/** Ours where the kernel cuts and joins rows. */
export const makesRows = ({ kind, name }) => kind === "ours" && /ffi|Bun/.test(name);

/** Those that are measured in a few works only. */
const worksOfEntries = [["pair", 64], ["receive", 64]];
const worksOfPooled = [...worksOfEntries, ["pair", 1400]];

/** True if the contender takes part in this work with datagrams of this size. */
export function takesPart({ works }, work, size) {
  return works === undefined || works.some(([name, bytes]) => name === work && bytes === size);
}

const entryOf = (tree, entry) => ({ DGRAM_BENCH_PACKAGE: pathToFileURL(path.resolve(tree, "dist", entry)).href });

/** Has the sockets of a build be those of Deno.listenDatagram; version 0.1.0 chose it by the flag alone. */
function listenDatagramOf({ DGRAM_BENCH_PACKAGE }) {
  const entry = new URL("deno.js", DGRAM_BENCH_PACKAGE);
  return existsSync(entry) ? { DGRAM_BENCH_BACKEND: entry.href } : {};
}

/** Our own builds, by the word that marks them: this tree's, and another to compare with. */
function builds(against) {
  const own = [["@x/dgram", entryOf(inRoot(), "mod.js")]];
  return against === undefined ? own : [...own, ["@x/dgram there", entryOf(against, "mod.js")]];
}

/** Batches, messages that share memory, the promises and the web entry beside the contender `events`, which has the same runtime and flags. */
function otherEntries(events) {
  const make = (entry, how, file, works = worksOfEntries) => ({
    ...events,
    name: `${how}, ${events.name.slice(events.name.indexOf(",") + 2)}`,
    kind: "entry",
    events: events.name,
    works,
    env: { ...events.env, ...entryOf(inRoot(), `${entry}.js`) },
    command: commandFor(events, file),
    memory: undefined,
  });
  const { name } = events;
  const main = name.includes("/ffi,") ? "ffi" : "mod";
  const withBatches = /^@x\/dgram(\/ffi, Node 26|, Deno .*--allow-ffi|, Bun)$/.test(name);
  const withSharing = /^@x\/dgram(\/ffi, Node 26|, Deno (listenDatagram|--unstable-net.*))$/.test(name);
  const withEntries = /^@x\/dgram, (Node 26|Deno (listenDatagram|--unstable-net.*)|Bun)$/.test(name);
  return [
    ...(withBatches ? [make(main, "batches", "batches")] : []),
    ...(withSharing ? [make(main, "pooled", "pooled", worksOfPooled)] : []),
    ...(withEntries ? [make("promises", "for await", "iterator")] : []),
    // The web entry has no option for a backend.
    ...(withEntries && events.env.DGRAM_BENCH_BACKEND === undefined ? [make("web", "streams", "streams")] : []),
  ];
}

/**
 * Node has system calls through FFI only for those who import that entry, before Node 26 by koffi; the others use them where
 * they may.
 */
function buildsForNode(against) {
  // Its ExperimentalWarning would run through what the benchmark prints.
  const withLibc = (root) => ({ ...entryOf(root, "ffi.js"), NODE_NO_WARNINGS: "1" });
  const there = against === undefined ? [] : [["@x/dgram/ffi there", withLibc(against)]];
  return [...builds(against), ["@x/dgram/ffi", withLibc(inRoot())], ...there];
}

/** Bun 1.4.5 crashes on it, and Deno 2.9.6 lacks what it needs of libuv. */
async function udxOn(node) {
  const { path: modules, reason } = await installedPackages(["udx-native@1.21.3"]);
  const command = [node, program("udx")];
  return { kind: "other", reason, memory: undefined, env: { UDX_MODULES: modules ?? "" }, command };
}

async function nodeContenders(against) {
  const contenders = [];
  for (const version of nodeVersions) {
    const [major] = version.split(".");
    if (!measuredNodes.includes(major)) continue;
    const runtime = `Node ${major}`;
    const { path: node, reason } = await nodePath(version);
    const common = { runtime, reason, memory: ["--expose-gc"] };
    for (const [name, env] of buildsForNode(against)) {
      contenders.push({ ...common, name: `${name}, ${runtime}`, kind: "ours", env, command: [node, program("ours")] });
    }
    contenders.push({ ...common, name: `node:dgram, ${runtime}`, kind: "own", command: [node, program("node_dgram")] });
    if (major === "26") contenders.push({ ...common, ...await udxOn(node), name: `udx-native, ${runtime}` });
  }
  return contenders;
}

function denoContenders(against) {
  const make = (name, kind, flags, file, env) => ({
    name,
    runtime: "Deno",
    kind,
    env,
    // The project's deno.json would switch features on; the same permissions for all, to be fair.
    command: [
      denoPath(),
      "run",
      "--no-config",
      // Else it does not read package.json, in which the package names its adapters.
      "--node-modules-dir=manual",
      "--no-prompt",
      "--allow-net",
      "--allow-read",
      "--allow-env",
      ...flags,
      program(file),
    ],
    memory: ["--v8-flags=--expose-gc"],
  });
  return [
    ...builds(against).flatMap(([name, env]) =>
      denoVariants.map(({ flags, variant }) =>
        make([`${name}, Deno`, ...(variant ? [variant] : flags)].join(" "), "ours", flags, "ours", {
          ...env,
          ...(variant ? listenDatagramOf(env) : {}),
        })
      )
    ),
    make("node:dgram, Deno", "own", [], "node_dgram"),
    make(nativeOfDeno, "native", ["--unstable-net"], "deno_native"),
  ];
}

function bunContenders(against) {
  const make = (name, kind, file, env) => ({
    name,
    runtime: "Bun",
    kind,
    env,
    command: [bunPath(), program(file)],
    memory: [],
  });
  return [
    ...builds(against).map(([name, env]) => make(`${name}, Bun`, "ours", "ours", env)),
    make("node:dgram, Bun", "own", "node_dgram"),
    make("Bun.udpSocket send", "other", "bun_native"),
    make("Bun.udpSocket sendMany", "native", "bun_native_batch"),
  ];
}

function cContenders({ single, batch, offload, many }) {
  const make = (name, { path, reason }, more) => ({
    name,
    runtime: "C",
    kind: "c",
    reason,
    command: [path],
    ...more,
  });
  return [
    make("C sendto/recvfrom", single),
    make("C sendmmsg/recvmmsg", batch, { limit: true, many: many.path && [many.path] }),
    make("C UDP_SEGMENT/UDP_GRO", offload),
  ];
}

export async function chooseContenders({ quick, only, against }, peers) {
  const all = [
    ...cContenders(peers),
    ...await nodeContenders(against),
    ...denoContenders(against),
    ...bunContenders(against),
  ].flatMap((contender) => contender.kind === "ours" ? [contender, ...otherEntries(contender)] : [contender]);
  const isWanted = ({ name }) => {
    if (only.length) return only.some((text) => name.toLowerCase().includes(text));
    return !quick || inQuickRuns(name);
  };
  if (!all.some(isWanted)) throw new Error("no contender matches; npm run bench -- --list names them");
  return all.filter((contender) => contender.limit || isWanted(contender));
}
