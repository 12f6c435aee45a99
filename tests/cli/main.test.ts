/** The command-line tool within this process: wrong usage, interrupts, sockets, terminals. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { createSocket } from "@x/dgram";
import { Buffer } from "node:buffer";
import { Readable } from "node:stream";
import { test } from "node:test";
import { commands } from "../../src/cli/commands/mod.ts";
import { Report } from "../../src/cli/report.ts";
import { runMain } from "../support/cli.ts";
import { freePort } from "../support/free_port.ts";
import { within } from "../support/within.ts";

const HOST = "127.0.0.1";

const WRONG: readonly (readonly [args: string, line: string])[] = [
  ["", "a command is missing; try: dgram help"],
  ["frobnicate", 'unknown command: "frobnicate"; try: dgram help'],
  ["constructor", 'unknown command: "constructor"; try: dgram help'],
  ["--frobnicate", 'unknown option: "--frobnicate"; try: dgram help'],
  ["help frobnicate", 'unknown command: "frobnicate"; try: dgram help'],
  ["ping --frobnicate", 'unknown option: "--frobnicate"; try: dgram ping --help'],
  ["ping --frobnicate=1 127.0.0.1 9", 'unknown option: "--frobnicate"; try: dgram ping --help'],
  ["listen -z", 'unknown option: "-z"; try: dgram listen --help'],
  ["send 127.0.0.1 9 -1", 'unknown option: "-1"; try: dgram send --help'],
  ["ping 127.0.0.1 9 --count -1", 'not a number for --count: "-1" (1 or more)'],
  ["ping 127.0.0.1 9 -c -4", 'not a number for --count: "-4" (1 or more)'],
  ["ping 127.0.0.1 9 --count", "--count needs a value (N)"],
  ["ping 127.0.0.1 9 --count --json", 'not a number for --count: "--json" (1 or more)'],
  ["ping 127.0.0.1 9 --interval -0.5", 'not a number of seconds for --interval: "-0.5" (0.001 to 2147483)'],
  ["ping 127.0.0.1 9 --json=yes", '--json takes no value: "yes"'],
  ["listen --address -4", "--address needs a value (ADDRESS); one that begins with a dash is joined: --address=-4"],
  ["ping 127.0.0.1", "an argument is missing: dgram ping HOST PORT [options]"],
  ["ping 127.0.0.1 9 10", 'unexpected argument: "10"'],
  ["ping 127.0.0.1 http", 'not a port: "http" (1 to 65535)'],
  ["ping 127.0.0.1 0", 'not a port: "0" (1 to 65535)'],
  ["ping 127.0.0.1 65536", 'not a port: "65536" (1 to 65535)'],
  ["listen 65536", 'not a port: "65536" (0 to 65535)'],
  ["echo 1e3", 'not a port: "1e3" (0 to 65535)'],
  ["send 127.0.0.1 0x50 hello", 'not a port: "0x50" (1 to 65535)'],
  ["ping a..b 9", "unknown host: a..b (ENOTFOUND)"],
  ["send a..b 9 hello", "unknown host: a..b (ENOTFOUND)"],
  ["bench a..b 9", "unknown host: a..b (ENOTFOUND)"],
  ["listen -a a..b", "unknown host: a..b (ENOTFOUND)"],
  ["ping 127.0.0.1 9 -6", "127.0.0.1 is no IPv6 address"],
  ["ping ::1 9 -4", "::1 is no IPv4 address"],
  ["ping localhost 9 -4 -6", "--ipv4 and --ipv6 exclude each other"],
  ["ping 127.0.0.1 9 -c 0", 'not a number for --count: "0" (1 or more)'],
  ["ping 127.0.0.1 9 -t soon", 'not a number of seconds for --timeout: "soon" (0.001 to 2147483)'],
  ["ping 127.0.0.1 9 -s 11", 'not a number for --size: "11" (12 to 65507)'],
  ["bench 127.0.0.1", "a host needs a port"],
  ["send 127.0.0.1 9 x --ttl 0", 'not a number for --ttl: "0" (1 to 255)'],
  ["send 127.0.0.1 9 x --ttl 256", 'not a number for --ttl: "256" (1 to 255)'],
  ["send 239.1.1.1 9 x --ttl 256", 'not a number for --ttl: "256" (0 to 255)'],
  ["send 127.0.0.1 9 x --tos 256", 'not a TOS byte: "256" (0 to 255, 0x00 to 0xff, or a DSCP such as ef)'],
  ["send 127.0.0.1 9 x --tos af44", 'not a TOS byte: "af44" (0 to 255, 0x00 to 0xff, or a DSCP such as ef)'],
  ["send 127.0.0.1 9 x --from ::1", "::1 is no IPv4 address"],
  ["send 127.0.0.1 9 x --from :http", 'not a port: "http" (1 to 65535)'],
  ["send 127.0.0.1 9 x --from [127.0.0.1]:9", 'not an address or a port to send from: "[127.0.0.1]:9"'],
  ["send 127.0.0.1 9 x --from 1:2:3", 'not an address or a port to send from: "1:2:3"'],
  ["send 127.0.0.1 9 x --from a..b", "unknown host: a..b (ENOTFOUND)"],
  ["forward 0 127.0.0.1", "an argument is missing: dgram forward PORT HOST HOST_PORT [options]"],
  ["forward 0 127.0.0.1 0", 'not a port: "0" (1 to 65535)'],
  ["forward 0 127.0.0.1 9 --clients 0", 'not a number for --clients: "0" (1 to 60000)'],
  ["bench --rate fast", 'not a rate: "fast" (datagrams a second such as 500 or 20k, or bits such as 10Mbit)'],
  ["bench --rate 0", 'not a rate: "0" (datagrams a second such as 500 or 20k, or bits such as 10Mbit)'],
  ["bench --rate 1G", 'not a rate: "1G" (datagrams a second such as 500 or 20k, or bits such as 10Mbit)'],
  ["bench --rate 9 --size 27", 'not a number for --size: "27" (28 to 65507)'],
  ["bench --rate 9 --in-flight 9", "--in-flight is not for --rate"],
  ["bench --receive 9 10", "--receive takes a port alone"],
  ["bench --receive 9 --rate 1", "--rate is not for --receive"],
  ["bench --address 127.0.0.1", "--address is not for a sender"],
  ["bench -f 65", 'not a number for --in-flight: "65" (1 to 64)'],
  ["send 127.0.0.1 9 zz --hex", 'not bytes in hexadecimal: "zz"'],
  ["discover 127.0.0.1 9", 'not a multicast group: "127.0.0.1" (224.0.0.0 to 239.255.255.255, or ff00::/8)'],
  ["discover 239.1.1.1", "a group and a port are needed, or --mdns"],
  ["discover --mdns a..b", 'not a DNS name: "a..b.local"'],
  ["doctor now", 'unexpected argument: "now"'],
];

test("cli: wrong usage is one clear line, exit code 2, and nothing sent", async () => {
  for (const [args, line] of WRONG) {
    const { code, stdout, stderr, open } = await runMain(args.split(" ").filter(Boolean)).result;
    assertEquals([args, code, stdout, stderr, open], [args, 2, "", `dgram: ${line}\n`, 0]);
  }
});

test("cli: each command's help has its summary and all its options", async () => {
  for (const [name, { summary, options }] of Object.entries(commands)) {
    for (const args of [["help", name], [name, "--help"]]) {
      const { code, stdout, stderr, sockets } = await runMain(args).result;
      assertEquals([code, stderr, sockets], [0, "", 0]);
      assert(stdout.startsWith(`dgram ${name}: ${summary}\n`));
      for (const option of Object.keys(options)) assert(stdout.includes(`--${option} `), `${name} --${option}`);
      assertEquals(stdout.split("\n").filter((line) => line.length > 110), []);
    }
  }
});

test("cli: an interrupt leaves no socket, in whichever command", async () => {
  const unanswered = await freePort();
  const cases: readonly (readonly [string[], string | undefined])[] = [
    [["listen", "-a", HOST], "listening"],
    [["listen"], "listening"],
    [["echo", "-a", HOST], "listening"],
    [["forward", "0", HOST, `${unanswered}`], "listening"],
    [["bench", "--receive"], "listening"],
    [["bench", "--rate", "100", "-d", "60"], "start"],
    [["ping", HOST, `${unanswered}`, "-t", "30", "-n", "30"], "start"],
    [["bench", "-d", "60"], "start"],
    [["discover", "239.255.7.10", `${unanswered}`, "-i", HOST, "-t", "60"], undefined],
    [["send", HOST, `${unanswered}`, "x", "-n", "30", "-c", "2"], undefined],
  ];
  for (const [args, event] of cases) {
    const run = runMain([...args, "--json"]);
    if (event !== undefined) await run.next(event);
    else await new Promise((resolve) => setImmediate(resolve));
    run.interrupt();
    const { code, stderr, sockets, open } = await run.result;
    assert(sockets > 0, `${args[0]} opened no socket`);
    assertEquals([args[0], code, stderr, open], [args[0], 130, "", 0]);
  }
});

test("cli: a run that is interrupted before it begins ends too", async () => {
  for (const args of [["listen"], ["bench"], ["doctor"], ["discover", "239.255.7.10", "9", "-i", HOST]]) {
    const run = runMain(args);
    run.interrupt(143);
    const { code, open } = await run.result;
    assertEquals([args[0], code, open], [args[0], 143, 0]);
  }
});

test("cli: an interrupt while standard input is read ends it", async () => {
  let begun = (): void => {};
  const reading = new Promise<void>((resolve) => begun = resolve);
  const stdin = new Readable({ read: () => begun() });
  const run = runMain(["send", HOST, `${await freePort()}`, "--lines"], { stdin });
  await within(reading, "the reading of standard input");
  stdin.push("half a line");
  run.interrupt();
  const { code, open } = await run.result;
  assertEquals([code, open, stdin.destroyed], [130, 0, true]);
});

test("cli: standard input is one datagram without --lines", async () => {
  const receiver = createSocket("udp4");
  const { port } = receiver.bindSync({ address: HOST });
  const arrived = new Promise<Buffer>((resolve) => receiver.on("message", resolve));
  const stdin = Readable.from([Buffer.from("one\r\n"), Buffer.from([0xff])]);
  const { code } = await runMain(["send", HOST, `${port}`], { stdin }).result;
  const data = await within(arrived, "the datagram");
  receiver.close();
  assertEquals([code, data.toString("latin1")], [0, "one\r\n\xff"]);
});

test("cli: listen takes no more datagrams than it was told, however many arrive at once", async () => {
  const run = runMain(["listen", "-a", HOST, "-c", "2", "--json"]);
  const { port } = await run.next("listening");
  const sender = createSocket("udp4");
  await sender.sendMany(Array.from({ length: 20 }, () => ({ data: "x", port: port as number, address: HOST })));
  const { code, stdout } = await run.result;
  sender.close();
  const events = stdout.trimEnd().split("\n").map((line) => JSON.parse(line).event);
  assertEquals([code, events], [0, ["listening", "datagram", "datagram", "end"]]);
});

test("cli: send waits for the answers it was told to, and exits with 1 if they don't come", async () => {
  const service = createSocket("udp4");
  const { port } = service.bindSync({ address: HOST });
  service.on("message", (data, from) => {
    for (const part of ["a", "b"]) service.send(`${part}${data}`, from.port, from.address);
  });
  const target = [HOST, `${port}`, "x"];
  const both = await runMain(["send", ...target, "--wait", "20", "--replies", "2"]).result;
  const tooFew = await runMain(["send", ...target, "--wait", "0.3", "--replies", "3"]).result;
  service.removeAllListeners("message");
  const none = await runMain(["send", ...target, "--wait", "0.05"]).result;
  service.close();
  assertEquals([both.code, both.stdout], [0, `${HOST}:${port}  2 bytes  ax\n${HOST}:${port}  2 bytes  bx\n`]);
  assertEquals([tooFew.code, none.code, none.stdout, both.open + tooFew.open + none.open], [1, 1, "", 0]);
  assertMatch(none.stderr, /\ndgram: no answer from 127\.0\.0\.1:\d+ within 0\.05 s\n$/);
});

test("cli: bench never has more under way than it was told", async () => {
  const service = createSocket("udp4");
  const { port } = service.bindSync({ address: HOST });
  const fence = createSocket("udp4");
  const waiting: { data: Buffer; port: number }[] = [];
  let most = 0;
  service.on("message", (data, from) => {
    // Loopback keeps the order: what was sent before the fence has arrived before it.
    if (`${data}` === "fence") {
      for (const { data, port } of waiting.splice(0)) service.send(data, port, HOST);
      return;
    }
    most = Math.max(most, waiting.push({ data, port: from.port }));
    if (waiting.length === 8) fence.send("fence", port, HOST);
  });
  const { code, stdout } = await runMain(["bench", HOST, `${port}`, "-c", "80", "-f", "8", "-t", "20", "--json"])
    .result;
  service.close();
  fence.close();
  const { answered, lost } = JSON.parse(stdout.trimEnd().split("\n").at(-1)!);
  assertEquals([code, answered, lost, most], [0, 80, 0, 8]);
});

/** A bench at a terminal, which is interrupted once its live line is there. */
async function drawnBench(terminal: { tty: boolean; columns?: number }): ReturnType<typeof runMain>["result"] {
  const run = runMain(["bench", "-d", "60"], terminal);
  await run.shown(/ [1-9][\d,]* round trips\/s/);
  run.interrupt();
  return await run.result;
}

test("cli: in a narrow terminal no line of bench is broken", async () => {
  const { stdout, code } = await drawnBench({ tty: true, columns: 40 });
  const [last, ...drawn] = stdout.split("\r\x1b[K").reverse();
  // The terminal's own ^C has its place at the end of the live line.
  assert(drawn.some((line) => / round trips\/s/.test(line)) && drawn.every((line) => line.length <= 38), stdout);
  const rows = last.split("\n").filter((line) => line.startsWith("  <"));
  assert(rows.length > 0 && rows.some((row) => row.includes("██")), stdout);
  for (const row of rows) assert(row.length <= 40, row);
  assertEquals(code, 130);
});

test("cli: in a narrow terminal the live line ends with a whole figure", () => {
  const figures = ["1 sent", "0 lost", "1  0.123 ms", "min 0.100 ms"];
  for (let columns = 8; columns < 50; columns++) {
    let drawn = "";
    const stdout = { write: (text: string) => drawn += text, isTTY: true, columns };
    const { signal } = new AbortController();
    new Report({ stdout, stderr: stdout, stdin: () => undefined as never, colour: false, signal }, false).live(
      figures.join("  "),
    );
    const line = drawn.slice("\r\x1b[K".length);
    assert(line.length <= columns - 3 || columns < "1 sent".length + 3, line);
    if (columns >= "1 sent".length + 3) assert(`${figures.join("  ")}  `.startsWith(`${line}  `), line);
  }
});

test("cli: bench counts what is not answered as lost and exits with 1", async () => {
  const silent = createSocket("udp4");
  const { port } = silent.bindSync({ address: HOST });
  const run = runMain(["bench", HOST, `${port}`, "-c", "100", "-t", "0.05", "--json"]);
  const { code, stdout, stderr, open } = await run.result;
  silent.close();
  const { sent, answered, lost, histogram } = JSON.parse(stdout.trimEnd().split("\n").at(-1)!);
  assertEquals({ sent, answered, lost, histogram }, { sent: 100, answered: 0, lost: 100, histogram: [] });
  assertEquals([code, stderr, open], [1, `dgram: no echo from ${HOST}:${port}\n`, 0]);
});

test("cli: ping has a line for each echo and the figures at the end, on a terminal and in a pipe", async () => {
  const service = createSocket("udp4");
  service.on("message", (data, from) => service.send(data, from.port, from.address));
  const { port } = service.bindSync({ address: HOST });
  const args = ["ping", HOST, `${port}`, "-c", "2", "-n", "0.001", "-t", "20"];
  for (const tty of [true, false]) {
    const { stdout } = await runMain(args, { tty }).result;
    assertMatch(
      stdout,
      /^1 {2}[\d.]+ ms\n2 {2}[\d.]+ ms\n2 datagrams sent to [^\n]+, 2 echoes, 0 % lost\nmin [^\n]+ ms\n$/,
    );
  }
  const json = await runMain([...args, "--json"], { tty: true, colour: true }).result;
  assert(!json.stdout.includes("\x1b"), json.stdout);

  const run = runMain([...args.slice(0, 3), "-n", "30"], { tty: true, columns: 40 });
  await run.shown(/^1 {2}[\d.]+ ms\n/);
  run.interrupt();
  const { code, stdout } = await run.result;
  service.close();
  // The terminal has written ^C at the beginning of that line.
  // deno-lint-ignore no-control-regex
  assertMatch(stdout, /^1 {2}[\d.]+ ms\n\r\x1b\[K1 datagram sent to [^\n]+, 1 echo, 0 % lost\nmin [^\n]+ ms\n$/);
  assertEquals(code, 130);
});

test("cli: a terminal has a live line that is taken away, and colour where it is wanted", async () => {
  const live = await drawnBench({ tty: true });
  // deno-lint-ignore no-control-regex
  assertMatch(live.stdout, /^\r\x1b\[K[^\r\n]* round trips\/s[^\r]*\r\x1b\[K/);
  assertMatch(live.stdout.split("\r\x1b[K").at(-1)!, /^[\d,]+ datagrams? sent, /);
  const coloured = await runMain(["doctor"], { colour: true }).result;
  const plain = await runMain(["doctor"]).result;
  assert(coloured.stdout.includes("\x1b[32m"));
  // deno-lint-ignore no-control-regex
  assertEquals(withoutCounts(coloured.stdout.replace(/\x1b\[\d+m/g, "")), withoutCounts(plain.stdout));
});

/** What this host and its sockets have lost grows between two calls. */
function withoutCounts(text: string): string[] {
  return text.split("\n").filter((line) => !/lost on this host|^\W*the socket at .* has lost/.test(line));
}
