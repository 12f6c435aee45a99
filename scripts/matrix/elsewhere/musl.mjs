// Linux with musl: Debian's musl loads its programs. Bun needs a libstdc++ beside it, and neither Debian nor npm has one for
// musl. Of Debian's own it needs three dozen functions, which know nothing of glibc but what cxx_for_musl.c has: they are
// linked into a library of that name.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { runCommand } from "../command.mjs";
import { inRoot } from "../paths.mjs";
import { bun, programPath } from "./programs.mjs";

const loader = "/lib/ld-musl-x86_64.so.1";
const packages = "musl g++";
const theBun = bun("@oven/bun-linux-x64-musl");

/** Answers why it can't be made, or undefined. */
async function linkLibrary(directory, program) {
  // The loader names each function that it misses.
  const { output } = await runCommand([program, "--version"], { timeout: 30_000 });
  const missing = [...output.matchAll(/: (\S+): symbol not found/g)].map(([, name]) => name);
  const options = path.join(directory, "options");
  writeFileSync(options, missing.map((name) => `-Wl,-u,${name}\n`).join(""));
  const command = [
    ...["g++", "-shared", "-fPIC", "-nodefaultlibs", "-Wl,--gc-sections", "-Wl,-soname,libstdc++.so.6"],
    ...["-o", path.join(directory, "libstdc++.so.6"), `@${options}`],
    ...["-x", "c", inRoot("scripts", "matrix", "elsewhere", "cxx_for_musl.c"), "-x", "none"],
    ...["-l:libstdc++.a", "-l:libgcc_eh.a", "-l:libgcc.a"],
  ];
  const linked = await runCommand(command, { timeout: 60_000 });
  return linked.code === 0 ? undefined : `no libstdc++ for musl: ${linked.output.trim().split("\n")[0]}`;
}

export const musl = {
  system: "Linux x64, musl",
  programs: [theBun],
  absent: {
    node: "npm has no package of Node for musl",
    deno: "there is no Deno for musl",
  },

  async start() {
    if (process.platform !== "linux" || process.arch !== "x64") return { reason: "it is Linux's, on x64" };
    if (!existsSync(loader)) return { reason: `musl is not installed: apt-get install ${packages}` };
    const found = await programPath(theBun);
    if (found.reason) return found;
    const directory = mkdtempSync(path.join(tmpdir(), "dgram-musl-"));
    const end = () => rmSync(directory, { recursive: true, force: true });
    const reason = await linkLibrary(directory, found.path);
    if (reason !== undefined) {
      end();
      return { reason };
    }
    return {
      through: "Debian's musl",
      command: (program, args) => [program, ...args],
      inheritsDescriptors: true,
      env: { LD_LIBRARY_PATH: directory },
      pathOf: (file) => file,
      end,
    };
  },
};
