// Each runtime serves and each other asks, in each way; and a plain Python peer on either side.
import { runCommand } from "../matrix/command.mjs";
import { buildPackage } from "../matrix/dist.mjs";
import { findPeers } from "./peers.mjs";
import { startServer } from "./server.mjs";
import { printTable } from "./table.mjs";
import { ways } from "./ways.mjs";

const count = 20;
const askTimeout = 60_000;

/** Answers { median } in milliseconds, { failure } or { skip }. */
async function ask(asker, way, port) {
  if (asker.skip) return { skip: asker.skip };
  const request = way.ask(port);
  const command = asker.command("ask", { ...request, args: [...request.args, "--count", String(count)] });
  const { code, output, timedOut } = await runCommand(command, { timeout: askTimeout });
  const [, answers, median] = /^(\d+) of \d+ answers, median (\S+) ms$/m.exec(output) ?? [];
  if (code === 0 && Number(answers) === count) return { median: Number(median) };
  return { failure: `${timedOut ? "killed" : `exit code ${code}`}: ${output.trim()}` };
}

/** Asks one server in one way by everybody, one after the other so that the times mean something. */
async function askServer(server, askers, way) {
  const reason = server.skip ?? way.skip;
  if (reason) return askers.map((asker) => ({ server, asker, way, skip: reason }));
  const { port, stop, failure } = await startServer(server.command("serve", way.serve));
  const cells = [];
  for (const asker of askers) {
    cells.push({ server, asker, way, ...(failure ? { failure } : await ask(asker, way, port)) });
  }
  await stop?.();
  return cells;
}

/** Answers the exit code. */
export async function runDemo() {
  await buildPackage();
  const peers = await findPeers();
  const cells = [];
  for (const server of peers) {
    const askers = peers.filter((asker) => !(server.foreign && asker.foreign));
    console.error(`${server.name} serves ...`);
    for (const way of ways) cells.push(...await askServer(server, askers, way));
  }
  const versions = peers.filter(({ skip }) => !skip).map(({ name, version }) => `${name} ${version}`);
  console.log(`\n${versions.join(", ")}\nmedian round trip of ${count}, in milliseconds\n`);
  printTable(cells, ways);
  const passed = cells.filter(({ median }) => median !== undefined).length;
  const failed = cells.filter(({ failure }) => failure).length;
  console.log(`\n${passed} passed, ${failed} failed, ${cells.length - passed - failed} skipped`);
  return failed > 0 || passed === 0 ? 1 : 0;
}
