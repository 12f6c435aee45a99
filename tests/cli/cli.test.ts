/** The command-line tool as a process: what it prints, and how it ends. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { capabilities, createSocket, type Socket } from "@x/dgram";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import process from "node:process";
import { test } from "node:test";
import { ALL_SERVICES, MDNS } from "../../src/cli/mdns.ts";
import type { JsonProcess, ProcessResult } from "../support/child.ts";
import { cliCommand, nextLine, runCli, startCli, withLines } from "../support/cli.ts";
import { freePort } from "../support/free_port.ts";
import { startProcess } from "../support/json_process.ts";
import { within } from "../support/within.ts";

const HOST = "127.0.0.1";
const noSignals = process.platform === "win32" ? "Windows has no SIGINT for another process" : false;

const noFullFile = process.platform === "linux" ? false : "/dev/full is Linux's";

async function withService<T>(
  options: { group?: string },
  use: (socket: Socket, port: number) => Promise<T>,
): Promise<T> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  socket.bind(0, options.group ? undefined : HOST);
  await once(socket, "listening");
  if (options.group) socket.addMembership(options.group, HOST);
  try {
    return await use(socket, socket.address().port);
  } finally {
    await new Promise<void>((done) => socket.close(done));
  }
}

test("cli: help and the version go to standard output, and a wrong command is one line and exit code 2", async () => {
  const help = await runCli(["help"]);
  assertEquals([help.code, help.stderr], [0, ""]);
  assertMatch(help.stdout, /Usage: dgram COMMAND/);
  const version = await runCli(["--version"]);
  assertMatch(version.stdout, /^\d+\.\d+\.\d+\n$/);
  const wrong = await runCli(["lisen"]);
  assertEquals([wrong.code, wrong.stdout, wrong.stderr], [2, "", 'dgram: unknown command: "lisen"; try: dgram help\n']);
});

/** The tool, its streams redirected by the shell. */
async function runRedirected(redirection: string, args: readonly string[]): Promise<ProcessResult> {
  const [program, all] = cliCommand(args);
  const child = startProcess("/bin/sh", ["-c", `exec "$@" ${redirection}`, "sh", program, ...all]);
  child.end();
  return await child.result;
}

test("cli: results that can't be written are one line and exit code 1", { skip: noFullFile }, async () => {
  for (const args of [["help"], ["doctor"]]) {
    const { code, stderr } = await runRedirected(">/dev/full", args);
    const [last, rest] = [stderr.trimEnd().split("\n").at(-1)!, stderr.match(/^ +at /m)];
    assertMatch(last, /^dgram: can't write: .*[Nn]o space left on device/);
    assertEquals([args, code, rest], [args, 1, null], stderr);
  }
});

test("cli: remarks that can't be written end nothing, and the exit code stays what it is", {
  skip: noFullFile,
}, async () => {
  const listened = await runRedirected("2>/dev/full", ["listen", "-a", HOST, "-t", "0.2"]);
  assertEquals([listened.code, listened.stdout], [0, ""]);
  assertEquals((await runRedirected("2>/dev/full", ["lisen"])).code, 2);
});

test("cli: what send sends, listen prints, with no control characters and no colour in a pipe", async () => {
  const listener = startCli(["listen", "-a", HOST, "--json", "-c", "2"]);
  const { port } = await nextLine(listener, "listening");
  const sent = await runCli(["send", HOST, `${port}`, "hello", "there", "-c", "2"]);
  assertEquals([sent.code, sent.stdout, sent.stderr], [0, "", `2 datagrams sent to ${HOST}:${port}, 22 bytes\n`]);
  const { code, lines } = withLines(await listener.result);
  const [, first, second, end] = lines;
  assertEquals(code, 0);
  assertEquals({ ...first, port: 0 }, {
    event: "datagram",
    address: HOST,
    port: 0,
    family: "IPv4",
    size: 11,
    data: "aGVsbG8gdGhlcmU=",
    text: "hello there",
  });
  assertEquals([second.text, end], ["hello there", { event: "end", received: 2 }]);
});

test("cli: listen shows a stranger's control characters as text", async () => {
  const port = await freePort();
  const listener = startCli(["listen", `${port}`, "-a", HOST, "-c", "1"]);
  const sender = createSocket("udp4");
  // A listener for people has no line on standard output that says when it is bound: ask until it hears.
  const timer = setInterval(() => sender.send("\x1b[31mred\u202e\n", port, HOST), 50);
  const { code, stdout } = await listener.result;
  clearInterval(timer);
  sender.close();
  assertEquals(code, 0);
  assertMatch(stdout, /^127\.0\.0\.1:\d+ {2}12 bytes {2}\\u\{1b\}\[31mred\\u\{202e\}\\n\n$/);
});

test("cli: each line of standard input is a datagram with --lines", async () => {
  await withService({}, async (service, port) => {
    const texts: string[] = [];
    const all = new Promise<void>((resolve) =>
      service.on("message", (data) => texts.push(`${data}`) === 3 && resolve())
    );
    const { code, lines } = await runCli(["send", HOST, `${port}`, "--lines", "--json"], ["a", "b", 3]);
    assertEquals([code, lines], [0, [{ event: "sent", datagrams: 3, bytes: 7, address: HOST, port }]]);
    await within(all, "three datagrams");
    assertEquals(texts, ['"a"', '"b"', "3"]);
  });
});

test("cli: ping measures the echoes of echo", async () => {
  const service = startCli(["echo", "-a", HOST, "--json", "-c", "3"]);
  const { port } = await nextLine(service, "listening");
  const { code, lines, stderr } = await runCli([
    "ping",
    HOST,
    `${port}`,
    "-c",
    "3",
    "-n",
    "0.01",
    "-t",
    "10",
    "--json",
  ]);
  const summary = lines.at(-1)! as unknown as { ms: { min: number; p50: number; max: number } };
  assertEquals([code, stderr], [0, ""]);
  assertEquals(lines.map(({ event, sequence }) => [event, sequence]), [
    ["start", undefined],
    ["echo", 1],
    ["echo", 2],
    ["echo", 3],
    ["summary", undefined],
  ]);
  assertEquals({ ...summary, ms: null }, { event: "summary", sent: 3, received: 3, lost: 0, ms: null } as never);
  assert(summary.ms.min > 0 && summary.ms.min <= summary.ms.p50 && summary.ms.p50 <= summary.ms.max);
  const echoed = withLines(await service.result);
  assertEquals([echoed.code, echoed.lines.at(-1)], [0, {
    event: "summary",
    answered: 3,
    bytes: 192,
    peers: 1,
    ignored: 0,
    failed: 0,
  }]);
});

test("cli: a ping that nobody answers says so and exits with 1", async () => {
  const port = await freePort();
  // Where the runtime tells nothing of ICMP, a refusal is silence.
  const [patience, expected] = capabilities.features.icmpErrors === "native"
    ? ["20", "ECONNREFUSED"]
    : ["0.5", "TIMEOUT"];
  const { code, lines, stderr } = await runCli(["ping", HOST, `${port}`, "-c", "1", "-t", patience, "--json"]);
  assertEquals(lines[1], { event: "lost", sequence: 1, code: expected });
  assertEquals([code, stderr], [1, `dgram: no echo from ${HOST}:${port}\n`]);
});

test("cli: a port in use is one line and exit code 1", async () => {
  const socket = createSocket("udp4");
  const { port } = socket.bindSync({ address: HOST });
  const { code, stdout, stderr } = await runCli(["listen", `${port}`, "-a", HOST]);
  socket.close();
  assertEquals([code, stdout, stderr], [1, "", `dgram: ${HOST}:${port} is in use (EADDRINUSE)\n`]);
});

test("cli: bench accounts for every datagram", async () => {
  const { code, lines, stderr } = await runCli(["bench", "-c", "300", "-t", "10", "--json"]);
  const summary = lines.at(-1) as unknown as Record<string, number> & { histogram: { count: number }[] };
  assertEquals([code, stderr], [0, ""]);
  assertEquals([summary.sent, summary.answered, summary.lost], [300, 300, 0]);
  assertEquals(summary.histogram.reduce((sum, { count }) => sum + count, 0), 300);
});

test("cli: discover lists who answers a multicast question", async () => {
  await withService({ group: "239.255.7.9" }, async (service, port) => {
    service.on("message", (data, from) => service.send(`heard ${data}`, from.port, from.address));
    const args = ["discover", "239.255.7.9", `${port}`, "who", "-i", HOST, "-c", "1", "-t", "10", "--json"];
    const { code, lines } = await runCli(args);
    assertEquals([code, lines.map(({ event, text, responders }) => [event, text ?? responders])], [0, [
      ["answer", "heard who"],
      ["end", 1],
    ]]);
  });
});

/** An mDNS responder's answer, with a compressed name in it. */
function mdnsAnswer(service = "_http._tcp"): Uint8Array {
  const name = (text: string): number[] =>
    text.split(".").map((label) => Buffer.from(label)).flatMap((label) => [label.length, ...label]);
  const owner = name(ALL_SERVICES);
  const target = [...name(service), 0xc0, 12 + owner.length - "local".length - 1];
  const fields = [0, 12, 0, 1, 0, 0, 0, 10, 0, target.length];
  return Uint8Array.from([0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0, ...owner, 0, ...fields, ...target]);
}

test("cli: discover --mdns reads the services of those who answer", async () => {
  await withService({ group: MDNS.group4 }, async (service, port) => {
    const questions: string[] = [];
    service.on("message", (data, from) => {
      questions.push(data.toString("latin1", 12));
      service.send(mdnsAnswer(), from.port, from.address);
    });
    const args = ["discover", "--mdns", "--port", `${port}`, "-i", HOST, "-c", "1", "-t", "20"];
    const { code, lines } = await runCli([...args, "--json"]);
    assertEquals(questions, ["\x09_services\x07_dns-sd\x04_udp\x05local\0\0\x0c\x80\x01"]);
    assertEquals([code, lines], [0, [
      { event: "record", responder: HOST, name: ALL_SERVICES, type: "PTR", value: "_http._tcp.local" },
      { event: "end", responders: 1 },
    ]]);
  });
});

test("cli: discover --mdns tells nothing of who was not asked or answers junk, and shows nothing raw", async () => {
  await withService({ group: MDNS.group4 }, async (service, port) => {
    const stranger = createSocket("udp4");
    service.on("message", (_, from) => {
      const { port, address } = from;
      // Both are on this host, so that the answers arrive in this order.
      stranger.send(mdnsAnswer("_stranger._tcp"), port, address, () => {
        for (let n = 0; n < 5; n++) {
          service.send(Uint8Array.from([0, 0, 0x84, 0, 255, 255, 255, 255, 0, 0, 0, 0]), port, address);
          service.send(mdnsAnswer().subarray(0, 40 + n), port, address);
        }
        service.send(mdnsAnswer("_\x1b[2J\u202e\x9b._tcp"), port, address);
      });
    });
    try {
      const args = ["discover", "--mdns", "--port", `${port}`, "-i", HOST, "-c", "1", "-t", "20"];
      const json = await runCli([...args, "--json"]);
      assertEquals([json.code, json.lines.map(({ value, responders }) => value ?? responders)], [0, [
        "_\x1b[2J\u202e\x9b._tcp.local",
        1,
      ]]);
      const lines = await runCli(args);
      assertEquals([lines.code, lines.stdout], [0, `${HOST}  PTR   _\\u{1b}[2J\\u{202e}\\u{9b}._tcp.local\n`]);
      for (const { stdout } of [json, lines]) assertEquals(/[^\n\x20-\x7e]/.exec(stdout), null);
    } finally {
      stranger.close();
    }
  });
});

test("cli: doctor says what capabilities say", async () => {
  const { code, lines } = await runCli(["doctor", "--json"]);
  const features = lines.filter(({ event }) => event === "feature");
  assertEquals(code, 0);
  assertEquals(Object.fromEntries(features.map(({ feature, support }) => [feature, support])), capabilities.features);
  const lacking = Object.entries(capabilities.features).flatMap(([name, how]) => how === "unavailable" ? [name] : []);
  assertEquals(lines.at(-1)!.unavailable, lacking);
});

/** Deno 2.9.5 says of a child that its kill() was called on that this signal ended it, however it ended. */
const interrupt = ({ pid }: JsonProcess): boolean => process.kill(pid!, "SIGINT");

for (const [name, args] of [["listen", []], ["echo", []], ["bench", ["-d", "20"]]] as const) {
  test(`cli: Ctrl-C ends ${name} with its summary and exit code 130`, { skip: noSignals }, async () => {
    const child = startCli([name, ...args, "--json"]);
    await nextLine(child, name === "bench" ? "start" : "listening");
    interrupt(child);
    const { code, signal, timedOut, lines, stderr } = withLines(await child.result);
    assertEquals({ code, signal, timedOut, stderr }, { code: 130, signal: null, timedOut: false, stderr: "" });
    assertEquals(lines.at(-1)!.event, name === "listen" ? "end" : "summary");
  });
}

test("cli: Ctrl-C ends a ping that nobody answers with exit code 130", { skip: noSignals }, async () => {
  const child = startCli(["ping", HOST, `${await freePort()}`, "-n", "0.05", "-t", "0.05", "--json"]);
  await nextLine(child, "lost");
  interrupt(child);
  const { code, signal, lines, stderr } = withLines(await child.result);
  assertEquals([code, signal, stderr, lines.at(-1)!.event], [130, null, "", "summary"]);
});
