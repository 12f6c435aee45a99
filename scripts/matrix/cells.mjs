// The matrix: what is run on what.
import { readdirSync } from "node:fs";
import { entryFiles } from "./entries.mjs";
import { inRoot, nodeProgram } from "./paths.mjs";
import { bunPath, denoPath, floors, nodePath, nodeVersions, runtimePath } from "./runtimes.mjs";
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
  "cli_doctor",
  "cli_forward",
  "cli_listen",
  "cli_rate",
  "cli_send",
  "cli_terminal",
  "examples",
  "examples_junk",
  "network/beyond_one_machine",
];
const oncePerRuntime = {
  files: aboveTheModule,
  reason: "they are of programs over the public API, and run on the oldest and the newest Node, on Deno and on Bun",
};

/**
 * Test files that look at the kernel, at other processes and at networks of their own. They take three quarters of a
 * cell's time, and what they look at is the same in a package and in its sources, and for one adapter on one kernel. So
 * they run from source for each adapter, on the oldest and the newest Node.
 */
const aroundTheModule = [
  ...aboveTheModule,
  "cluster",
  "confined",
  "deno_permissions",
  "descriptors",
  "forced_batches",
  "kernel",
  "kernel_truth",
  "lifetime",
  "memory_bound",
  "network",
  "network/addresses",
  "network/errors",
  "network/full_kernel",
  "network/loopback",
  "network/memberships",
  "network/multicast",
  "network/scopes",
  "network/slow_link",
  "offload",
  "properties",
  "shortage",
  "starvation",
  "wire",
  "workers",
];
const leftToOthers = {
  files: aroundTheModule,
  reason: "they run from source for each adapter",
};

/** Node 18 has no connectSync() and no reusePort, 26 has both. */
const wholeOnNode = ["18", "26"];

const packageFlags = ["--no-config", "--node-modules-dir=manual"];

/** Between the oldest and the newest Node the package alone: its cells play the same files over the same adapter. */
function nodeCells() {
  return nodeVersions.flatMap((version) => {
    const isWhole = wholeOnNode.includes(version.split(".")[0]) || version === nodeVersions.at(-1);
    const kinds = [...isWhole ? [["source", "esm"]] : [], ["package", "esm"], ["package", "cjs"]];
    return kinds.map(([subject, format]) => ({
      name: `node ${version.split(".")[0]} ${subject} ${format}`,
      kind: "tests",
      subject,
      bundle: [subject, format],
      without: subject === "package" && leftToOthers,
      runtime: () => nodePath(version),
      runner: runners.node,
    }));
  });
}

/** The ffi entry, on the version that has node:ffi. Its warning would be in what the tests' children print. */
function nodeFfiCell() {
  const version = nodeVersions.at(-1);
  return {
    name: `node ${version.split(".")[0]} source esm ffi`,
    kind: "tests",
    subject: "source",
    bundle: ["ffi", "esm"],
    without: oncePerRuntime,
    env: { DGRAM_TEST_FFI: "1" },
    runtime: () => nodePath(version),
    runner: (node, file, report) => runners.node(node, file, report, ["--disable-warning=ExperimentalWarning"]),
  };
}

/** What tests/matrix.test.ts finds there. */
function denoState(flags, listenDatagram = false) {
  const [unstableNet, ffi] = ["--unstable-net", "--allow-ffi"].map((flag) => flags.includes(flag));
  return JSON.stringify({ unstableNet, ffi, listenDatagram });
}

function withoutOnDeno(name, bundle) {
  // Without libc that flag changes nothing.
  if (name === "deno source unstable-net" || bundle === "package") return leftToOthers;
  return (name === "deno source ffi" || bundle === "listenDatagram") && oncePerRuntime;
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
    runtime: () => ({ path: denoPath() }),
    runner: (deno, file, report) => runners.deno(deno, file, report, flags),
  }));
}

function bunCells() {
  return [["source", undefined], ["package", "esm"], ["package", "cjs"]].map(([subject, format]) => ({
    name: ["bun", subject, format ?? "ts"].join(" "),
    kind: "tests",
    subject,
    bundle: format && [subject, format],
    without: subject === "package" && leftToOthers,
    runtime: () => ({ path: bunPath() }),
    runner: runners.bun,
  }));
}

/** Test files that look at what a runtime, a kernel or a process does. */
const notInMemory = {
  files: [
    ...aroundTheModule.filter((file) => file !== "properties"),
    "buffer_sizes",
    "bun_handle",
    "cli",
    "cli_main",
    "cli_parts",
    "descriptor_refused",
    "docs",
    "kernel_handle",
    "kernel_options",
    "libc",
    "libc_batches",
    "libc_safety",
    "libc_search",
    "pause",
    "permission_model",
    "promises_inbox",
    "receive_info",
    "select",
    "send_retry",
    "web_streams",
  ],
  reason: "they are about a runtime, a kernel, processes or the tool, or the same everywhere",
};

/** All sockets on one host of a network in memory: the core is the same, and the kernel is src/testing. */
function memoryCells() {
  const version = nodeVersions.at(-1);
  const runtimes = [
    [`node ${version.split(".")[0]}`, () => nodePath(version), runners.node],
    ["deno", () => ({ path: denoPath() }), (deno, file, report) => runners.deno(deno, file, report, packageFlags)],
    ["bun", () => ({ path: bunPath() }), runners.bun],
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
    { ...cell("bun", floors.bun, runners.bun), without: bunRunsSkipped },
  ];
}

/** Test files that have tests for what the oldest Bun does not have. */
const bunRunsSkipped = {
  files: [
    ...aroundTheModule,
    "cli_main",
    "docs",
    "kernel_options",
    "libc_search",
    "matrix",
    "pause",
    "permission_model",
    "promises_inbox",
    "receive_info",
    "request_ends",
    "web_multicast",
    "web_refusals",
    "web_streams",
  ],
  reason: "Bun 1.2.23 runs the tests that are to be skipped, and its node:util lacks getSystemErrorMap",
};

function checkCells() {
  const deno = denoPath();
  const { tests, children } = findTestFiles([]);
  const examples = readdirSync(inRoot("examples")).map((name) => `examples/${name}`);
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
    ["size", [process.execPath, inRoot("scripts", "check_size.mjs")], true],
    ["versions", [process.execPath, inRoot("scripts", "check_release.mjs"), "--versions"]],
    ["pack", [process.execPath, inRoot("scripts", "check_pack.mjs")], true],
    ["workflows", nodeProgram("@tktco", "node-actionlint", "bin", "node-actionlint.js")],
    ["attw", [...nodeProgram("@arethetypeswrong", "cli", "dist", "index.js"), "--pack", "."], true],
  ].map(([name, command, dist]) => ({ name: `check ${name}`, kind: "check", command, dist: Boolean(dist) }));
}

export function allCells() {
  return [
    ...nodeCells(),
    nodeFfiCell(),
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
  ].map((cell) => ({ dist: cell.subject === "package", ...cell }));
}
