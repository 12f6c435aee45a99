// Asks the runtimes whether they are still as tests/quirks says, each question in a process of its own: `npm run quirks`.
// It fails where one is mended, so that the workaround can be deleted; `-- --write` writes docs/quirks.md.
import process from "node:process";
import { quirks } from "../tests/quirks/list.mjs";
import { writeBlock } from "./docs/page_block.mjs";
import { runCommand } from "./matrix/command.mjs";
import { inRoot } from "./matrix/paths.mjs";
import { bunPath, denoPath, floors, nodePath, nodeVersions } from "./matrix/runtimes.mjs";
import { quirksPage } from "./quirks/page.mjs";

const probe = inRoot("tests", "quirks", "probe.mjs");
const timeout = 30_000;

async function commandOf(runtime) {
  if (runtime === "deno") {
    return { command: [denoPath(), "run", "-A", "--no-prompt", "--quiet", "--no-config", "--unstable-net"] };
  }
  if (runtime === "bun") return { command: [bunPath()] };
  const { path, reason } = await nodePath(nodeVersions.at(-1));
  return { command: [path], reason };
}

const isBelow = (version, other) => version.localeCompare(other, "en", { numeric: true }) < 0;

/** "there", or what has to be told of a quirk. */
async function ask({ runtime, name, where, mended, untold }) {
  const told = `mended: delete the workaround in ${where.join(", ")}`;
  if (untold !== undefined) return `skipped: ${untold}`;
  if (mended !== undefined) return isBelow(floors[runtime], mended) ? "there" : told;
  const { command, reason } = await commandOf(runtime);
  if (reason !== undefined) return `skipped: ${reason}`;
  const { code, stdout, output, timedOut } = await runCommand([...command, probe, runtime, name], { timeout });
  const answer = /^\{.*\}$/m.exec(stdout)?.[0];
  if (code !== 0 || answer === undefined) {
    return `the question could not be asked: ${timedOut ? "timed out" : code}\n${output.trim()}`;
  }
  const { there, skipped } = JSON.parse(answer);
  return skipped ? `skipped: ${skipped}` : there ? "there" : told;
}

if (process.argv.includes("--write")) {
  writeBlock("docs/quirks.md", "quirks", quirksPage(quirks));
} else {
  const failures = [];
  const counts = { there: 0, skipped: 0 };
  for (const quirk of quirks) {
    const answer = await ask(quirk);
    const [kind] = answer.split(":");
    if (kind in counts) counts[kind]++;
    else failures.push(`${quirk.runtime}: ${quirk.name}: ${answer}`);
  }
  for (const failure of failures) console.error(failure);
  console.log(`${counts.there} as before, ${failures.length} to look at, ${counts.skipped} not asked`);
  process.exitCode = failures.length > 0 ? 1 : 0;
}
