// Who takes part: how each is started as a server and as an asker, and in which version.
import process from "node:process";
import { runCommand } from "../matrix/command.mjs";
import { inRoot } from "../matrix/paths.mjs";
import { python } from "../matrix/python.mjs";
import { bunPath, denoPath } from "../matrix/runtimes.mjs";

const peerScript = inRoot("scripts", "demo", "peer.py");
const example = { serve: inRoot("examples", "echo.mjs"), ask: inRoot("examples", "ask.mjs") };
const deno = denoPath();

/*
 * Each has a name, the command that tells its version, and one for each role. Node takes the built package, Deno and
 * Bun the source, by package.json, deno.json and tsconfig.json.
 */
const peers = [
  {
    name: "node",
    version: [process.execPath, "--version"],
    command: (role, { args }) => [process.execPath, example[role], ...args],
  },
  {
    name: "deno",
    version: [deno, "--version"],
    command: (role, { args, hosts }) => [
      deno,
      "run",
      "--no-prompt",
      `--allow-net=${hosts.join(",")}`,
      example[role],
      ...args,
    ],
  },
  {
    name: "bun",
    version: [bunPath(), "--version"],
    command: (role, { args }) => [bunPath(), example[role], ...args],
  },
  {
    name: "python",
    foreign: true,
    version: [python, "--version"],
    command: (role, { args }) => [python, peerScript, role, ...args],
  },
];

/** The peers with their version, or with the reason why they can't take part. */
export async function findPeers() {
  return await Promise.all(peers.map(async (peer) => {
    const { code, output } = await runCommand(peer.version, { timeout: 30_000 });
    const version = /\d+\.\d+\.\d+/.exec(output)?.[0];
    if (code === 0 && version) return { ...peer, version };
    return { ...peer, skip: `${peer.version[0]} does not run here: ${output.trim().split("\n")[0]}` };
  }));
}
