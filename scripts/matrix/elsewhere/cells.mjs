// The cells of `--where`: each runtime that can be had for a machine, in its modes.
import { machines } from "./machines.mjs";

const denoPermissions = ["net", "read", "env", "run", "sys"].map((name) => `--allow-${name}`);
const denoFlags = ["--no-prompt", "--no-check", "--no-config", "--node-modules-dir=manual", ...denoPermissions];

const plain = { mode: "", flags: [], subject: "source" };
const modes = {
  node: [plain],
  deno: [{ ...plain, flags: ["run", ...denoFlags] }, {
    mode: "--allow-ffi",
    flags: ["run", ...denoFlags, "--allow-ffi"],
    subject: "source",
  }],
  bun: [plain],
};
/** As in the matrix, node:ffi is asked for by its own bundle. */
const nodeFfi = { mode: "@x/dgram/ffi", flags: ["--disable-warning=ExperimentalWarning"], subject: "ffi" };

const modesOf = ({ runtime, version }) =>
  runtime === "node" && version.startsWith("26.") ? [plain, nodeFfi] : modes[runtime];

const nameOf = ({ runtime, version }) => runtime === "node" ? `node ${version.split(".")[0]}` : runtime;

/** The cells of these machines. */
export function elsewhereCells(names) {
  return names.flatMap((machine) => {
    const { programs, absent = {} } = machines[machine];
    const cells = programs.flatMap((program) =>
      modesOf(program).map(({ mode, flags, subject }) => ({
        name: `${machine} ${nameOf(program)} ${mode}`.trim(),
        program,
        mode,
        flags,
        bundle: [subject, "esm"],
        dist: mode === "",
      }))
    );
    const missing = Object.entries(absent).map(([runtime, reason]) => ({ name: `${machine} ${runtime}`, reason }));
    return [...cells, ...missing].map((cell) => ({ kind: "elsewhere", machine, ...cell }));
  });
}
