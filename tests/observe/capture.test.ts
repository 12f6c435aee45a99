/** A capture of a socket, read by tshark where it is installed, and by its own bytes everywhere. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { createSocket, type Socket, type SocketOptions } from "@x/dgram";
import { type Capture, capture, observe } from "@x/dgram/observe";
import { Buffer } from "node:buffer";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const { error } = spawnSync("tshark", ["--version"]);
const noTshark = error !== undefined && "tshark is not installed";
const HERE = "127.0.0.1";

async function all(captured: Capture): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const bytes of captured) parts.push(bytes);
  return Buffer.concat(parts);
}

function scripted(options: Partial<SocketOptions> = {}): { backend: ScriptedBackend; socket: Socket } {
  const backend = new ScriptedBackend();
  return { backend, socket: createSocket({ type: "udp4", backend, ...options }) };
}

/** What tshark finds in a file, a line for each packet; checksums that are wrong would be said in the last column. */
function read(file: Uint8Array): string[][] {
  const folder = mkdtempSync(join(os.tmpdir(), "dgram-"));
  try {
    const path = join(folder, "a.pcapng");
    writeFileSync(path, file);
    const fields = [
      "ip.src",
      "ipv6.src",
      "ip.dst",
      "ipv6.dst",
      "udp.srcport",
      "udp.dstport",
      "udp.length",
      "udp.payload",
    ];
    const { stdout, stderr, status } = spawnSync("tshark", [
      ...["-r", path, "-n", "-T", "fields", "-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"],
      ...[...fields, "frame.packet_flags_direction", "udp.checksum.status", "ip.checksum.status"].flatMap((
        name,
      ) => ["-e", name]),
    ], { encoding: "utf8", env: { ...process.env, HOME: folder } });
    assertEquals(status, 0, stderr);
    return stdout.split("\n").filter(Boolean).map((line) => line.split("\t"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const GOOD = "1";
const hex = (text: string): string => Buffer.from(text).toString("hex");

test(
  "tshark reads of a capture what was received and sent, with directions and right checksums",
  { skip: noTshark },
  async () => {
    const { backend, socket } = scripted();
    const captured = capture(socket);
    socket.bindSync({ address: HERE });
    backend.arrive("a question", 5000, "192.0.2.7");
    const answer = new Promise((done) => socket.send(["an ", "answer"], 5000, "192.0.2.7", done));
    await answer;
    backend.arrive("", 65_535, "192.0.2.8");
    socket.close();
    const file = await all(captured);
    assertEquals(captured.packets, 3);
    // Versions of tshark write the direction as a number or in hexadecimal.
    const lines = read(file).map((line) => line.map((field, at) => at === 8 ? `${Number(field)}` : field));
    assertEquals(lines, [
      ["192.0.2.7", "", HERE, "", "5000", "4000", "18", hex("a question"), "1", GOOD, GOOD],
      [HERE, "", "192.0.2.7", "", "4000", "5000", "17", hex("an answer"), "2", GOOD, GOOD],
      ["192.0.2.8", "", HERE, "", "65535", "4000", "8", "", "1", GOOD, GOOD],
    ]);
  },
);

test("a capture of a socket that talks to itself agrees with what it counts", async () => {
  for (const [type, address] of [["udp4", HERE], ["udp6", "::1"]] as const) {
    const socket = createSocket(type);
    const captured = capture(socket);
    const { port } = await new Promise<{ port: number }>((done, fail) => {
      socket.once("error", fail);
      socket.bind(0, address, () => done(socket.address()));
    }).catch(() => ({ port: 0 }));
    // This machine may have no IPv6.
    if (port === 0) {
      socket.close();
      continue;
    }
    const count = 20;
    let heard = 0;
    const done = new Promise<void>((done) => socket.on("message", () => ++heard === count && done()));
    const reused = Buffer.alloc(4);
    for (let number = 0; number < count; number++) {
      reused.writeUInt32BE(number);
      await new Promise<void>((sent) => socket.send(reused, port, address, () => sent()));
    }
    await done;
    const { received, sent } = observe(socket).read();
    socket.close();
    const file = await all(captured);
    assertEquals([captured.packets, captured.dropped], [received.datagrams + sent.datagrams, 0]);
    if (noTshark) continue;
    const lines = read(file);
    for (const which of [0, 1]) {
      const payloads = lines.map((line) => parseInt(line[7], 16)).filter((_, at) =>
        isOut(lines[at]) === Boolean(which)
      );
      assertEquals(payloads, Array.from({ length: count }, (_, number) => number));
    }
    for (const [from4, from6, to4, to6, source, target, length, , , udp, ip] of lines) {
      assertEquals([from4 || from6, to4 || to6, source, target, length], [
        address,
        address,
        `${port}`,
        `${port}`,
        "12",
      ]);
      assertEquals([udp, ip], [GOOD, type === "udp4" ? GOOD : ""]);
    }
  }
});

const isOut = (line: readonly string[]): boolean => Number(line[8]) === 2;

test("what the sender changes after a send is not what is captured", async () => {
  const socket = createSocket("udp4");
  const captured = capture(socket);
  socket.bindSync({ address: HERE });
  const message = Buffer.from("as it was");
  const sent = new Promise((done) => socket.send(message, socket.address().port, HERE, done));
  await sent;
  message.fill("!");
  socket.close();
  assert((await all(captured)).includes("as it was"));
});

test("what leaves late is captured between the ends that it had", { skip: noTshark }, async () => {
  const { backend, socket } = scripted();
  backend.deferred = "serial";
  const captured = capture(socket);
  socket.bindSync({ address: HERE });
  for (const port of [5000, 6000]) {
    socket.connectSync(port, "192.0.2.7");
    socket.send(`${port}`);
    socket.disconnect();
  }
  for (let end = 0; end < 2; end++) backend.end(0);
  socket.close();
  const ends = read(await all(captured)).map((fields) => fields.slice(4, 8));
  assertEquals(ends, ["5000", "6000"].map((port) => ["4000", port, "12", hex(port)]));
});

test("an address is captured as the kernel has it, however it is written", { skip: noTshark }, async () => {
  const { socket } = scripted({ type: "udp6" });
  const captured = capture(socket);
  socket.bindSync();
  const mapped = ["::ffff:192.0.2.7", "::FFFF:192.0.2.7", "::ffff:c000:207", "0:0:0:0:0:ffff:192.0.2.7"];
  for (const address of [...mapped, "2001:DB8:0::1", "::"]) {
    await new Promise((done) => socket.send("x", 5000, address, done));
  }
  socket.close();
  const to = read(await all(captured)).map((fields) => fields[2] || fields[3]);
  assertEquals(to, [...mapped.map(() => "192.0.2.7"), "2001:db8::1", "::1"]);
});

test("what is not read in time is dropped and counted, in the file too", { skip: noTshark }, async () => {
  const { backend, socket } = scripted();
  const captured = capture(socket, { limit: 1000 });
  socket.bindSync({ address: HERE });
  for (let count = 0; count < 10; count++) backend.arrive("x".repeat(200));
  socket.close();
  const file = await all(captured);
  assertEquals([captured.packets + captured.dropped, captured.dropped > 0], [10, true]);
  assertEquals(read(file).length, captured.packets);
});

test("what is not captured is said of the interface that it came by", async () => {
  const [one, other] = [scripted(), scripted()];
  const captured = capture(one.socket, { limit: 100 });
  captured.add(other.socket);
  for (const { socket } of [one, other]) socket.bindSync({ address: HERE });
  for (const { backend } of [one, other, other]) backend.arrive("x".repeat(200));
  for (const { socket } of [one, other]) socket.close();
  const file = await all(captured);
  const said: number[][] = [];
  for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4)) {
    if (file.readUInt32LE(at) === 5) said.push([file.readUInt32LE(at + 8), file.readUInt32LE(at + 24)]);
  }
  assertEquals([captured.dropped, said], [3, [[0, 1], [1, 2]]]);
});

/** When each packet of a file was, in milliseconds. */
function timesOf(file: Buffer): number[] {
  const PACKET = 6;
  const times: number[] = [];
  for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4)) {
    if (file.readUInt32LE(at) !== PACKET) continue;
    times.push((file.readUInt32LE(at + 12) * 2 ** 32 + file.readUInt32LE(at + 16)) / 1e6);
  }
  return times;
}

test("the times of a capture are the clock's, also when that was set forward or back", async () => {
  const { backend, socket } = scripted();
  const captured = capture(socket);
  socket.bindSync({ address: HERE });
  const { now } = Date;
  const steps = [0, 3_600_000, -3_600_000];
  // The clock has milliseconds, and a number can't hold all nanoseconds.
  const begin = now() - 1;
  for (const step of steps) {
    Date.now = () => now() + step;
    try {
      backend.arrive("a question", 5000, "192.0.2.7");
      await new Promise((done) => socket.send("an answer", 5000, "192.0.2.7", done));
    } finally {
      Date.now = now;
    }
  }
  const end = now() + 2;
  socket.close();
  const times = timesOf(await all(captured));
  const late = steps.flatMap((step) => [step, step]).filter((step, i) =>
    !(times[i] >= begin + step && times[i] <= end + step)
  );
  assertEquals([times.length, late], [6, []]);
});

test("what was observed and is closed can't be captured", async () => {
  const { socket } = scripted();
  observe(socket);
  socket.bindSync({ address: HERE });
  socket.close();
  await once(socket, "close");
  const running = scripted().socket;
  const captured = capture(running);
  for (const late of [() => capture(socket), () => captured.add(socket)]) {
    assertEquals((assertThrows(late) as { code?: string }).code, "ERR_SOCKET_DGRAM_NOT_RUNNING");
  }
  running.close();
  assert((await all(captured)).length > 0);
});

test("a capture is read while it comes, ends with stop() or its reader, and others go on", async () => {
  const { backend, socket } = scripted();
  const [one, other] = [capture(socket), capture(socket)];
  socket.bindSync({ address: HERE });
  const iterator = one[Symbol.asyncIterator]();
  assert((await iterator.next()).value!.length > 0);
  const next = iterator.next();
  backend.arrive("first");
  assert(Buffer.from((await next).value!).includes("first"));
  const last = iterator.next();
  one.stop();
  assertEquals((await last).done, true);
  backend.arrive("second");
  for await (const bytes of other) {
    assert(Buffer.from(bytes).includes("second"));
    break;
  }
  backend.arrive("third");
  assertEquals([one.packets, other.packets], [1, 2]);
  socket.close();
});

test("capture() refuses what is no option and no socket", () => {
  const { socket } = scripted();
  for (const options of [null, 1, { limit: "1" }]) assertThrows(() => capture(socket, options as never), TypeError);
  for (const limit of [0, -1, NaN]) assertThrows(() => capture(socket, { limit }), RangeError);
  assertThrows(() => capture({} as never), TypeError);
  socket.close();
});
