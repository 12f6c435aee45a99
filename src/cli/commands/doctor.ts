import process from "node:process";
import type { Feature, Support } from "../../../mod.ts";
import type { Command } from "../command.ts";
import { Ending } from "../ending.ts";
import { explain } from "../failure.ts";
import { tellHost } from "../host_report.ts";
import { couldUseFfi } from "../module.ts";
import { bind, type Net, typeOf, withSocket } from "../sockets.ts";

const PATIENCE = 2000;
const WIDTH = "unavailable".length + 2;
const COLOURS: Record<Support, "green" | "yellow" | "red"> = {
  native: "green",
  emulated: "yellow",
  unavailable: "red",
};

/** What a feature brings besides what it is called after. */
const BESIDES: Partial<Record<Feature, string>> = {
  sendOffload: `datagrams of one turn leave in rows too, but for sockets with segmentation: "off"`,
};

/** Sends a datagram to itself on loopback; answers what went wrong, if anything did. */
async function tryLoopback(family: 4 | 6, net: Net): Promise<string | undefined> {
  const { signal } = net;
  const address = family === 4 ? "127.0.0.1" : "::1";
  let arrived = false;
  try {
    await withSocket(net, { type: typeOf(family) }, async (socket) => {
      await bind(socket, signal, 0, address);
      const ending = new Ending(signal, PATIENCE);
      socket.on("error", ending.fail);
      socket.on("message", () => {
        arrived = true;
        ending.reach();
      });
      socket.send("doctor", socket.address().port, address, (error) => error && ending.fail(error));
      await ending.promise;
    });
  } catch (error) {
    return explain(error, address);
  }
  return arrived ? undefined : "a datagram to itself did not arrive";
}

/** Says what this runtime can do. */
export const doctor: Command = {
  summary: "say what this runtime, with these flags, can do and how to get the rest",
  usage: "[options]",
  positionals: [0, 0],
  options: {},
  notes: [
    "It sends one datagram to itself on 127.0.0.1 and on ::1. The exit code is 1 if the first does not arrive. On Linux",
    "it also says how large buffers may be, and what the kernel has dropped: on the host, and of sockets that are open.",
  ],
  async run(context) {
    const { dgram: { capabilities }, report, signal } = context;
    const { runtime, backend, features, notes } = capabilities;
    const version = process.versions[runtime] ?? process.version;
    const { platform, arch } = process;
    report.tell(
      "runtime",
      { runtime, version, platform, arch, backend },
      `${report.paint("bold", `${runtime} ${version}`)} on ${platform} ${arch}, sockets of ${backend}\n`,
    );

    const problems = new Map<4 | 6, string | undefined>();
    for (const family of [4, 6] as const) {
      const problem = await tryLoopback(family, context);
      if (signal.aborted) return 0;
      problems.set(family, problem);
      const verdict = problem === undefined ? report.paint("green", "works") : report.paint("red", problem);
      report.tell(
        "loopback",
        { family: `IPv${family}`, ok: problem === undefined, problem },
        `IPv${family} on loopback: ${verdict}`,
      );
    }

    const names = Object.keys(features) as Feature[];
    const width = Math.max(...names.map((name) => name.length));
    for (const name of names) {
      const support = features[name];
      const note = notes[name] ?? (support === "native" ? BESIDES[name] : undefined);
      // What is unavailable comes with the ways to get it, below.
      const remark = note && support !== "unavailable" ? " ".repeat(WIDTH - support.length) + note : "";
      const text = `${name.padEnd(width)}  ${report.paint(COLOURS[support], support)}${remark}`;
      report.tell("feature", { feature: name, support, note }, text);
    }

    const lacking = names.filter((name) => features[name] === "unavailable");
    const ways = [...new Set(lacking.map((name) => notes[name]).filter((note) => note !== undefined))];
    const tryFfi = couldUseFfi(capabilities);
    const advice = lacking.length
      ? `\n${lacking.length} of ${names.length} are unavailable here. To get the rest:\n` +
        ways.map((way) => `- ${lacking.filter((name) => notes[name] === way).join(", ")}: ${way}`).join("\n") +
        (tryFfi ? "\nWith --ffi this tool uses that entry: `dgram doctor --ffi` shows what it brings." : "")
      : `\nall ${names.length} are there`;
    tellHost(report);
    report.tell("summary", { unavailable: lacking, ways, tryFfi }, advice);
    return problems.get(4) === undefined ? 0 : 1;
  },
};
