// What was measured with what.
import os from "node:os";
import { runCommand } from "../scripts/matrix/command.mjs";

/** Answers { name: version } of each runtime that took part, the compiler, the system and the processor. */
export async function versionsOf(contenders, peers) {
  const versions = {};
  for (const { runtime, command, kind } of contenders) {
    if (kind === "c" || runtime in versions) continue;
    const { stdout } = await runCommand([command[0], "--version"], { timeout: 10_000 });
    versions[runtime] = /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? "unknown";
  }
  if (peers.version !== undefined) versions["C compiler"] = peers.version;
  versions.System = `${os.type()} ${os.release()}, ${os.arch()}`;
  versions.Processor = `${os.cpus()[0]?.model.trim() ?? "unknown"}, ${os.cpus().length} cores`;
  return versions;
}
