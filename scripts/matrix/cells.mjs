// The matrix: what is run on what.
import { readdirSync } from "node:fs";
import process from "node:process";
import { entryFiles } from "./entries.mjs";
import { inRoot, nodeProgram } from "./paths.mjs";
import {
  bunProgram,
  denoPath,
  denoProgram,
  floors,
  localNode,
  nodeOfLine,
  nodePath,
  nodeVersions,
  runtimePath,
} from "./runtimes.mjs";
import { runners } from "./runners.mjs";
import { findTestFiles } from "./test_files.mjs";

/*
 * A cell is { name, kind, … } with kind
 * - tests: `without` names the test files that are left out, and why; `bundle` the form of the tests ("source esm",
 *   "package cjs", …; undefined for the .ts files); `runtime` answers { path } or { reason }, `runner` the command line;
 *   `dist` says that dist must have been built;
 * - check: `command` has to exit with 0;
 * - consumers: tests/consumers against the packed tarball;
 * - bundlers: the tarball in bundles of webpack and rspack;
 * - dependents: tests/dependents, with the packed tarball in the place of node:dgram;
 * - types: the packed package's types on users' compilers;
 * - footprint: load times; runs alone, at the end.
 */

/** Test files of programs over the public API, which know nothing of what is below it. */
const aboveTheModule = [
  "cli/cli",
  "cli/doctor",
  "cli/forward",
  "cli/listen",
  "cli/rate",
  "cli/send",
  "cli/terminal",
  "examples/examples",
  "examples/junk",
  "guard/forged_sources",
  "guard/loopback",
  "guard/parts",
  "network/beyond_one_machine",
  "observe/capture",
];
const oncePerRuntime = {
  files: aboveTheModule,
  reason: "they are of programs over the public API, and run on the newest Node, on Deno and on Bun",
};

/**
 * Test files that look at the kernel, at other processes and at networks of their own. They take three quarters of a
 * cell's time, and what they look at is the same in a package and in its sources, and for one adapter on one kernel. So
 * they run from source for each adapter, on the oldest and the newest Node.
 */
const aroundTheModule = [
  ...aboveTheModule,
  "ancillary/kernel",
  "runtimes/cluster",
  "runtimes/confined",
  "runtimes/deno/permissions",
  "runtimes/descriptors",
  "runtimes/fault_schedule",
  "conformance/forced_batches",
  "runtimes/kernel/kernel",
  "runtimes/kernel/truth",
  "fuzz/fuzz",
  "hostile/hostile",
  "core/endings",
  "core/fake_timers",
  "core/forgotten",
  "core/lifetime",
  "core/watch",
  "runtimes/macos",
  "core/memory_bound",
  "network/network",
  "network/addresses",
  "network/errors",
  "network/full_kernel",
  "network/interfaces",
  "network/loopback",
  "network/memberships",
  "network/multicast",
  "network/scopes",
  "network/slow_link",
  "network/rows",
  "handoff/handoff",
  "handoff/malformed",
  "observe/flood",
  "runtimes/kernel/offload",
  "runtimes/kernel/receive_info",
  "runtimes/kernel/rows",
  "runtimes/pretending",
  "core/properties",
  "runtimes/shortage",
  "core/starvation",
  "soak/soak",
  "runtimes/windows",
  "runtimes/wire",
  "runtimes/workers",
];
const leftToOthers = {
  files: aroundTheModule,
  reason: "they run from source for each adapter",
};

/** Test files that know only the sources: in a package's cell they would play the same once more. */
const belowTheModule = [
  "ancillary/error_bell",
  "ancillary/error_queue",
  "core/addresses",
  "core/ip",
  "core/own_dgram",
  "core/socket_memory",
  "handoff/descriptors",
  "handoff/letterbox",
  "handoff/unjoin",
  "register/register",
  "runtimes/deno/dual_stack",
  "runtimes/kernel/handle",
  "runtimes/kernel/send_retry",
  "runtimes/libc/batches",
  "runtimes/libc/collected",
  "runtimes/libc/control_messages",
  "runtimes/libc/faulty_calls",
  "runtimes/libc/faulty_libc",
  "runtimes/libc/libc",
  "runtimes/libc/node_binding",
  "runtimes/libc/numbers",
  "runtimes/libc/rows",
  "runtimes/libc/safety",
  "runtimes/libc/search",
  "testing/page_data",
];
const leftToSources = {
  files: [...aroundTheModule, ...belowTheModule],
  reason: "they run from source for each adapter",
};

/** Those of them that take longest, and find on one kernel the same for adapters that have a socket in common. */
const longest = [
  "core/endings",
  "core/forgotten",
  "core/memory_bound",
  "conformance/forced_batches",
  "fuzz/fuzz",
  "hostile/hostile",
  "network/rows",
  "network/slow_link",
  "runtimes/confined",
  "runtimes/kernel/kernel",
  "runtimes/macos",
  "soak/soak",
];
const onNewestNode = {
  files: [...aboveTheModule, ...longest, "runtimes/wire"],
  reason: "they run on the newest Node, over the same adapter",
};
const withBothFlags = {
  files: [...aboveTheModule, ...longest, "runtimes/deno/permissions"],
  reason: "they run on Deno with both flags, over the same descriptor, or on Deno without one",
};
const ofTheCore = { files: ["core/memory_bound"], reason: "they run on Deno without a flag, whose core is the same" };
const onDenoBare = {
  files: [
    ...aboveTheModule,
    "core/endings",
    "core/forgotten",
    "core/memory_bound",
    "runtimes/confined",
    "runtimes/deno/permissions",
    "soak/soak",
  ],
  reason: "they run on Deno without a flag, whose permissions and core are the same",
};

/** Node 18 has no connectSync() and no reusePort, 26 has both. */
const wholeOnNode = ["18", "26"];

const packageFlags = ["--no-config", "--node-modules-dir=manual"];

/**
 * Below the newest Node the package once, of one as a module and of the next through require(): its cells play the same
 * files over the same adapter. The local Node has cells too, and the whole where npm may not have packages of the others:
 * it has none of the newer ones for macOS on arm64.
 */
export function nodeCells(versions = nodeVersions, local = localNode, platform = process.platform) {
  const isOther = !versions.includes(local);
  return [...versions, ...isOther ? [local] : []].flatMap((version, at) => {
    const isNewest = version === versions.at(-1) || (version === local && (isOther || platform !== "linux"));
    const packages = [["package", "esm"], ["package", "cjs"]];
    const kinds = [
      ...isNewest || wholeOnNode.includes(version.split(".")[0]) ? [["source", "esm"]] : [],
      ...isNewest ? packages : [packages[at % 2]],
    ];
    const shown = isOther && version === local ? `${version} (local)` : version.split(".")[0];
    return kinds.map(([subject, format]) => ({
      name: `node ${shown} ${subject} ${format}`,
      kind: "tests",
      subject,
      bundle: [subject, format],
      without: subject === "package" ? leftToSources : !isNewest && onNewestNode,
      runtime: () => nodePath(version),
      runner: runners.node,
    }));
  });
}

/** The ffi entry on a version that has node:ffi, or on one without, where the package koffi is installed. */
function ffiCell(version, by, without, flags = []) {
  return {
    name: `node ${version.split(".")[0]} source esm ${by}`,
    kind: "tests",
    subject: "source",
    bundle: ["ffi", "esm"],
    without,
    env: { DGRAM_TEST_FFI: "1" },
    runtime: () => nodePath(version),
    runner: (node, file, report) => runners.node(node, file, report, flags),
  };
}

/** What an addon may do otherwise than the runtime's own: threads that end, processes, descriptors, errors. */
const ofAnAddon = [
  "core/endings",
  "core/lifetime",
  "runtimes/descriptors",
  "runtimes/fault_schedule",
  "runtimes/workers",
];
const leftToNodesOwn = {
  files: aroundTheModule.filter((file) => !ofAnAddon.includes(file)),
  reason: "they run with node:ffi, but for those of threads, ends, descriptors and errors",
};

/** Test files by their names in `without`. */
const testNames = () => findTestFiles([]).tests.map((file) => file.replace(/^tests\/|\.test\.ts$/g, ""));

function ffiCells() {
  const withoutFfi = nodeOfLine(20) ?? nodeVersions[0];
  // Each Node loads koffi into threads by itself.
  const loaded = ["smoke", "runtimes/workers"];
  const leftToOneNode = {
    files: testNames().filter((name) => !loaded.includes(name)),
    reason: `they run with koffi on Node ${withoutFfi.split(".")[0]}`,
  };
  const others = ["22", "24"].map(nodeOfLine).filter((version) => version !== undefined && version !== withoutFfi);
  return [
    // Its warning would be in what the tests' children print.
    ffiCell(nodeVersions.at(-1), "ffi", oncePerRuntime, ["--disable-warning=ExperimentalWarning"]),
    ffiCell(withoutFfi, "koffi", leftToNodesOwn),
    ...others.map((version) => ffiCell(version, "koffi", leftToOneNode)),
    {
      ...ffiCell(floors.node, "koffi", leftToOneNode),
      name: `floor node ${floors.node} source esm koffi`,
      runtime: () => runtimePath("node", floors.node),
      runner: runners.nodeWithoutReport,
    },
  ];
}

/** What tests/matrix.test.ts finds there. */
function denoState(flags, listenDatagram = false) {
  const [unstableNet, ffi] = ["--unstable-net", "--allow-ffi"].map((flag) => flags.includes(flag));
  return JSON.stringify({ unstableNet, ffi, listenDatagram });
}

/** What tells whether a flag has changed something; all is played with it in the package's cell. */
const telling = ["conformance/conformance", "docs", "matrix", "smoke"];

function withoutOnDeno(name, bundle) {
  if (name === "deno source unstable-net") {
    return {
      files: testNames().filter((file) => !telling.includes(file)),
      reason: "without libc that flag changes nothing, which the others show",
    };
  }
  if (bundle === "package") return leftToSources;
  if (bundle === "listenDatagram") return onDenoBare;
  if (name === "deno source unstable-net ffi") return ofTheCore;
  return name === "deno source ffi" && withBothFlags;
}

function denoCells() {
  const variants = [
    ["deno source bare", []],
    ["deno source unstable-net", ["--unstable-net"]],
    ["deno source ffi", ["--allow-ffi"]],
    ["deno source unstable-net ffi", ["--unstable-net", "--allow-ffi"]],
    ["deno source esm listen-datagram", ["--unstable-net", ...packageFlags], ["listenDatagram", "esm"]],
    ["deno package esm unstable-net", ["--unstable-net", ...packageFlags], ["package", "esm"]],
  ];
  return variants.map(([name, flags, bundle]) => ({
    name,
    kind: "tests",
    subject: bundle?.[0] === "package" ? "package" : "source",
    bundle,
    without: withoutOnDeno(name, bundle?.[0]),
    env: { DGRAM_TEST_DENO: denoState(flags, bundle?.[0] === "listenDatagram") },
    runtime: denoProgram,
    runner: (deno, file, report) => runners.deno(deno, file, report, flags),
  }));
}

function bunCells() {
  return [["source", undefined], ["package", "esm"], ["package", "cjs"]].map(([subject, format]) => ({
    name: ["bun", subject, format ?? "ts"].join(" "),
    kind: "tests",
    subject,
    bundle: format && [subject, format],
    without: subject === "package" && leftToSources,
    runtime: bunProgram,
    runner: runners.bun,
  }));
}

/** Test files that look at what a runtime, a kernel or a process does. */
const notInMemory = {
  files: [
    ...aroundTheModule.filter((file) => file !== "core/properties"),
    "core/buffer_sizes",
    "runtimes/bun/handle",
    "cli/main",
    "cli/parts",
    "runtimes/descriptor_refused",
    "docs",
    ...belowTheModule.filter((file) => !file.startsWith("core/")),
    "runtimes/kernel/options",
    "core/pause",
    "runtimes/node/permission_model",
    "promises/inbox",
    "runtimes/select",
    "web/streams",
  ],
  reason: "they are about a runtime, a kernel, processes or the tool, or the same everywhere",
};

/** All sockets on one host of a network in memory: the core is the same, and the kernel is src/testing. */
function memoryCells() {
  const version = nodeVersions.at(-1);
  const runtimes = [
    [`node ${version.split(".")[0]}`, () => nodePath(version), runners.node],
    ["deno", () => ({ path: denoPath() }), (deno, file, report) => runners.deno(deno, file, report, packageFlags)],
    ["bun", bunProgram, runners.bun],
  ];
  return runtimes.map(([name, runtime, runner]) => ({
    name: `${name} memory esm`,
    kind: "tests",
    subject: "source",
    bundle: ["memory", "esm"],
    without: notInMemory,
    env: { DGRAM_TEST_MEMORY: "1", ...(name === "deno" ? { DGRAM_TEST_DENO: denoState([]) } : {}) },
    runtime,
    runner,
  }));
}

/**
 * The oldest supported version of each runtime, from source: what the package adds does not depend on the version. The
 * tests are bundles, since an old Deno does not know the links of deno.json.
 */
function floorCells() {
  const environment = { DGRAM_TEST_FLOOR: "1" };
  const cell = (runtime, version, runner, what = "", env = {}) => ({
    name: `floor ${runtime} ${version} source esm${what}`,
    kind: "tests",
    subject: "source",
    bundle: ["source", "esm"],
    without: leftToOthers,
    env: { ...environment, ...env },
    runtime: () => runtimePath(runtime, version),
    runner,
  });
  const deno = (what, ...flags) =>
    cell(
      "deno",
      floors.deno,
      (deno, file, report) => runners.deno(deno, file, report, [...flags, ...packageFlags]),
      what,
      { DGRAM_TEST_DENO: denoState(flags) },
    );
  return [
    cell("node", floors.node, runners.nodeWithoutReport),
    deno(" bare"),
    deno(" unstable-net ffi", "--unstable-net", "--allow-ffi"),
    { ...cell("bun", floors.bun, runners.bunIntoFile), bundle: ["overBun", "esm"], without: onOldestBun },
  ];
}

/** Bun before 1.4 opens, connects and finds its sockets in ways of its own, which no other cell meets. */
const onOldestBun = {
  files: [...aboveTheModule, ...longest, "runtimes/fault_schedule"],
  reason: "they run on the newest Bun; Bun 1.2.23 tells of no receive that fails",
};

function checkCells() {
  const deno = denoPath();
  const { tests, children } = findTestFiles([]);
  const examples = readdirSync(inRoot("examples")).filter((name) => name.endsWith(".mjs")).map((name) =>
    `examples/${name}`
  );
  return [
    ["tsc", [...nodeProgram("typescript", "bin", "tsc"), "-p", "."]],
    ["deno check", [deno, "check", ...entryFiles, ...tests, ...children, ...examples]],
    ["deno lint", [deno, "lint"]],
    ["deno fmt", [deno, "fmt", "--check"]],
    ["deno doc", [deno, "doc", "--lint", ...entryFiles]],
    ["deno publish", [deno, "publish", "--dry-run", "--allow-dirty", "--no-check"]],
    ["publint", [...nodeProgram("publint", "src", "cli.js"), "--strict", "."], true],
    ["docs", [process.execPath, inRoot("scripts", "check_docs.mjs")], true],
    ["site", [process.execPath, inRoot("scripts", "site.mjs")]],
    ["imports", [process.execPath, inRoot("scripts", "check_imports.mjs")]],
    ["size", [process.execPath, inRoot("scripts", "check_size.mjs")], true],
    ["versions", [process.execPath, inRoot("scripts", "check_release.mjs"), "--versions"]],
    ["pack", [process.execPath, inRoot("scripts", "check_pack.mjs")], true],
    ["workflows", nodeProgram("@tktco", "node-actionlint", "bin", "node-actionlint.js")],
    ["attw", [...nodeProgram("@arethetypeswrong", "cli", "dist", "index.js"), "--pack", "."], true],
  ].map(([name, command, dist]) => ({ name: `check ${name}`, kind: "check", command, dist: Boolean(dist) }));
}

/** The cells with the tests of what needs no kernel: each runtime, the oldest too, and each form of the package. */
const withNetworksInMemory = [
  /^(node (18|26)|deno|bun) source( esm| bare| ts)$/,
  /^(node 20 package cjs|node 26 package esm|deno package|bun package cjs)/,
  /^floor /,
];

/** Leaves the tests of networks in memory out where they would find what they find in another cell. */
function withoutNetworksInMemory(cell) {
  if (cell.kind !== "tests" || withNetworksInMemory.some((names) => names.test(cell.name))) return cell;
  const { files = [], reason } = cell.without || {};
  const inMemory = readdirSync(inRoot("tests", "testing")).flatMap((name) => /^(.*)\.test\.ts$/.exec(name)?.[1] ?? []);
  const why = "those of networks in memory need no kernel, and run on each runtime and from each form of the package";
  return {
    ...cell,
    without: {
      files: [...files, ...inMemory.map((name) => `testing/${name}`)],
      reason: reason ? `${reason}; ${why}` : why,
    },
  };
}

/** What compares the network in memory with the kernel takes a socket that can do all that the kernel can. */
const besideTheKernel = ["network/memory", "network/memory_statistics"];
const withTheWholeKernel = `node ${nodeVersions.at(-1).split(".")[0]} source esm ffi`;

function withoutTheKernel(cell) {
  if (cell.kind !== "tests" || cell.name === withTheWholeKernel) return cell;
  const { files = [], reason } = cell.without || {};
  const why = `those that compare memory with the kernel run in the cell "${withTheWholeKernel}"`;
  return {
    ...cell,
    without: { files: [...files, ...besideTheKernel], reason: reason ? `${reason}; ${why}` : why },
  };
}

/** The runtime that a cell's tests run on. */
const runtimeOf = ({ name }) => /\b(?:node|deno|bun)\b/.exec(name)?.[0];

export function allCells() {
  return [
    ...nodeCells(),
    ...ffiCells(),
    ...denoCells(),
    ...bunCells(),
    ...memoryCells(),
    ...floorCells(),
    ...checkCells(),
    { name: "consumers", kind: "consumers", dist: true },
    { name: "bundlers", kind: "bundlers", dist: true },
    { name: "dependents", kind: "dependents", dist: true },
    { name: "types", kind: "types", dist: true },
    { name: "footprint", kind: "footprint", dist: true, alone: true },
  ].map((cell) => ({
    dist: cell.subject === "package",
    of: runtimeOf(cell),
    ...withoutTheKernel(withoutNetworksInMemory(cell)),
  }));
}
