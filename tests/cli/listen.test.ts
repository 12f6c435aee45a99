/** `dgram listen`: whom it hears, and what it answers. */
import { assertEquals } from "@std/assert";
import { createSocket, type Socket } from "@x/dgram";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { networkInterfaces, tmpdir } from "node:os";
import process from "node:process";
import { test } from "node:test";
import { type Line, runMain } from "../support/cli.ts";
import { selfCommand } from "../support/child.ts";
import { freePort } from "../support/free_port.ts";
import { startProcess } from "../support/json_process.ts";
import { peersSkip, startPeer } from "../support/python.ts";
import { within } from "../support/within.ts";

const LOOPBACK = { 4: "127.0.0.1", 6: "::1" } as const;
const addresses = Object.values(networkInterfaces()).flatMap((list) => list!.map(({ address }) => address));
const noIPv6 = addresses.includes("::1") ? false : "there is no IPv6 here";

const linesOf = (stdout: string): Line[] => stdout.trimEnd().split("\n").map((line) => JSON.parse(line));

interface Received {
  readonly text: string;
  readonly port: number;
}

/** A plain socket of a client, which sends and tells what it gets. */
async function withClient(
  family: 4 | 6,
  use: (send: (port: number, text: string) => void, next: () => Promise<Received>) => Promise<void>,
): Promise<void> {
  const peer = startPeer("receiver", [String(family), LOOPBACK[family]]);
  await within(peer.next(), "the client's port");
  try {
    await use(
      (port, text) => peer.send({ text, address: LOOPBACK[family], port }),
      () => within(peer.next<Received>(), "an answer"),
    );
  } finally {
    peer.end();
    await peer.result;
  }
}

test("cli: listen and echo hear and answer IPv4 and IPv6 on one port, each sender by its own address", {
  skip: peersSkip || noIPv6,
}, async () => {
  await withClient(4, (send4, next4) =>
    withClient(6, async (send6, next6) => {
      for (
        const [args, answers] of [[["listen", "--reply", "yes"], ["yes", "yes"]], [["echo", "-v"], ["four", "six"]]]
      ) {
        const run = runMain([...args, "-c", "2", "--json"]);
        const { port } = await run.next("listening") as unknown as { port: number };
        send4(port, "four");
        const first = await next4();
        send6(port, "six");
        const second = await next6();
        assertEquals([first.port, second.port, first.text, second.text], [port, port, ...answers]);
        const { code, stdout, open } = await run.result;
        const lines = linesOf(stdout);
        const places = (event: string) =>
          lines.filter((line) => line.event === event).map(({ address, family, text }) => [address, family, text]);
        assertEquals(places("listening"), [["0.0.0.0", "IPv4", undefined], ["::", "IPv6", undefined]]);
        assertEquals(lines.filter(({ event, port: at }) => event === "listening" && at === port).length, 2);
        assertEquals(places("datagram"), [["127.0.0.1", "IPv4", "four"], ["::1", "IPv6", "six"]]);
        assertEquals([code, open], [0, 0]);
      }
    }));
});

test("cli: a port that the other family has is in use", { skip: noIPv6 }, async () => {
  const socket = createSocket({ type: "udp6", ipv6Only: true });
  // One that the kernel chooses for IPv6 alone may be somebody else's for IPv4.
  const { port } = socket.bindSync({ address: "::", port: await freePort("0.0.0.0") });
  const { code, stderr, open } = await runMain(["listen", `${port}`]).result;
  socket.close();
  assertEquals([code, stderr, open], [1, `dgram: [::]:${port} is in use (EADDRINUSE)\n`, 0]);
});

test("cli: -4, -6 and an address choose one family", { skip: noIPv6 }, async () => {
  for (const [flags, address] of [[["-4"], "0.0.0.0"], [["-6"], "::"], [["-a", "::1"], "::1"]] as const) {
    const run = runMain(["listen", "--json", ...flags]);
    assertEquals((await run.next("listening")).address, address);
    run.interrupt();
    const { stdout } = await run.result;
    assertEquals(linesOf(stdout).map(({ event }) => event), ["listening", "end"]);
  }
});

test("cli: listen --reply - answers the last sender with each line of standard input", async () => {
  const clients = [createSocket("udp4"), createSocket("udp4")];
  for (const client of clients) client.bindSync({ address: "127.0.0.1" });
  const answerTo = (client: Socket): Promise<string> =>
    within(new Promise((resolve) => client.once("message", (data) => resolve(`${data}`))), "an answer");
  const [one, other] = clients;
  const stdin = new PassThrough();
  const run = runMain(["listen", "0", "-a", "127.0.0.1", "--reply", "-", "--json"], { stdin });
  const { port } = await run.next("listening") as unknown as { port: number };
  const hear = async (client: Socket, text: string): Promise<void> => {
    client.send(text, port, "127.0.0.1");
    await run.shown(new RegExp(`"text":"${text}"`));
  };
  stdin.write("to nobody\n");
  await hear(one, "a");
  const first = answerTo(one);
  stdin.write("to the one\n");
  assertEquals(await first, "to the one");
  await hear(other, "b");
  // The input may end; what comes is printed all the same.
  const second = answerTo(other);
  stdin.end("to the other\n");
  assertEquals(await second, "to the other");
  await hear(one, "c");
  run.interrupt();
  const { code, open } = await run.result;
  for (const client of clients) client.close();
  assertEquals([code, open, stdin.destroyed], [130, 0, true]);
});

const isRoot = process.getuid?.() === 0;

function bindLow(socket: Socket): number {
  for (let port = 1023;; port--) {
    try {
      return socket.bindSync({ address: "127.0.0.1", port }).port;
    } catch (error) {
      if ((error as { code?: string }).code !== "EADDRINUSE" || port === 900) throw error;
    }
  }
}

test("cli: no fixed answer goes to a port of services that answer by themselves", {
  skip: isRoot ? false : "a port below 1024 takes root",
}, async () => {
  const low = createSocket("udp4");
  const high = createSocket("udp4");
  const heard: string[] = [];
  low.on("message", (data) => heard.push(`${data}`));
  bindLow(low);
  high.bindSync({ address: "127.0.0.1" });
  const answered = new Promise((resolve) => high.once("message", resolve));
  const run = runMain(["listen", "-a", "127.0.0.1", "--reply", "yes", "-c", "2", "--json"]);
  const { port } = await run.next("listening") as unknown as { port: number };
  low.send("a", port, "127.0.0.1");
  await run.shown(/"text":"a"/);
  high.send("b", port, "127.0.0.1");
  await within(answered, "the answer");
  const { code, stdout } = await run.result;
  low.close();
  high.close();
  assertEquals([code, heard], [0, []]);
  assertEquals(linesOf(stdout).filter(({ event }) => event === "replied").length, 1);
});

for (const [when, ending] of [["at its end", ["-c", "1"]], ["at once", []]] as const) {
  test(`cli: listen --pcap says so ${when} where the file has room for a part only`, { skip: peersSkip }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "dgram-"));
    try {
      const limited = ["-c", 'trap "" XFSZ; ulimit -f 16; exec "$@"', "sh"];
      const [self, own] = selfCommand("cli/cli");
      const flags = ["-4", "-a", "127.0.0.1", ...ending, "--json", "--pcap", join(folder, "a")];
      const child = startProcess("/bin/sh", [...limited, self, ...own, "listen", ...flags]);
      const { port } = await within(child.next<{ port: number }>(), "the tool's port");
      await withClient(4, async (send) => {
        send(port, "x".repeat(20_000));
        const { code, stderr } = await child.result;
        assertEquals([code, /^dgram: can't write to .*: (EFBIG|ENOSPC).*\n/m.test(stderr)], [1, true], stderr);
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test("cli: listen --pcap captures what came and what was answered, of both families", {
  skip: peersSkip || noIPv6,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "dgram-"));
  const path = join(folder, "a.pcapng");
  try {
    await withClient(4, (send4, next4) =>
      withClient(6, async (send6, next6) => {
        const run = runMain(["listen", "--reply", "yes", "-c", "2", "--json", "--pcap", path]);
        const { port } = await run.next("listening") as unknown as { port: number };
        send4(port, "four");
        await next4();
        send6(port, "six");
        await next6();
        assertEquals((await run.result).code, 0);
      }));
    const file = readFileSync(path);
    const packets: string[] = [];
    let interfaces = 0;
    for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4)) {
      const type = file.readUInt32LE(at);
      if (type === 1) interfaces++;
      if (type !== 6) continue;
      const bytes = file.subarray(at + 28, at + 28 + file.readUInt32LE(at + 20));
      packets.push(`${bytes[0] >> 4} ${bytes.subarray(bytes[0] >> 4 === 4 ? 28 : 48)}`);
    }
    assertEquals([interfaces, packets.sort()], [2, ["4 four", "4 yes", "6 six", "6 yes"]]);
    const refused = await runMain(["listen", "--pcap", join(path, "none")]).result;
    assertEquals([refused.code, refused.open], [1, 0]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
