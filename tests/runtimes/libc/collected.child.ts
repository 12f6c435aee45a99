/**
 * A flood between sockets, or between descriptors, of memory that the program forgets at once, while garbage is collected
 * between its calls and within those of libc. Prints a line of JSON: what was sent, what came, and what was wrong with it.
 */
import { Buffer } from "node:buffer";
import console from "node:console";
import process from "node:process";
import { setImmediate as turn } from "node:timers/promises";
import {
  capabilities,
  createSocket,
  type OutgoingMessage,
  type ReceivedMessage,
  type Socket,
  type SocketOptions,
} from "@x/dgram";
import { ancillarySupport, sendWith } from "@x/dgram/ancillary";
import type { AddressInfo, Datagram, Family } from "../../../src/core/backend.ts";
import { Descriptor } from "../../../src/runtimes/libc/descriptor.ts";
import { Libc } from "../../../src/runtimes/libc/libc.ts";
import { isLibc } from "../../../src/runtimes/libc/load.ts";
import { openSocket } from "../../../src/runtimes/libc/open_socket.ts";
import { ReceiveBatch } from "../../../src/runtimes/libc/receive_batch.ts";
import { faultOf, hasNumber, numberOf, POISON, write } from "../../support/numbered.ts";
import { ownLibc } from "../../support/own_libc.ts";
import { Rubbish } from "../../support/rubbish.ts";

/** What node:ffi copies and no more, what lies elsewhere than in sendmmsg's memory and no more, and the longest. */
const SIZES = [0, 1, 7, 8, 64, 65, 512, 1200, 1472, 4096, 4097, 9000, 16_383, 16_384, 30_000, 65_507];
const NUMBERED = SIZES.filter((size) => hasNumber(size) && size < 2000);
const ROUNDS = 40;
/** On a machine however slow. */
const FEWEST = 4;
/** ms: for all rounds, and for what is under way in one; and so many turns in which nothing came. */
const ALL = 3000;
const PATIENCE = 1000;
const TURNS = 100;
/** So many messages are kept. */
const KEPT = 100;
const FAULTS = 5;

const rubbish = new Rubbish();
const faults: string[] = [];
const failures: Record<string, number> = {};
const began = performance.now();
let last = 0;
let sent = 0;
let lost = 0;
let accepted = 0;
let ended = 0;

function blame(what: string, fault: string | null): void {
  if (fault !== null && faults.length < FAULTS) faults.push(`${what}: ${fault}`);
}

function fail(error: unknown): void {
  const code = String((error as { code?: unknown }).code ?? error);
  failures[code] = (failures[code] ?? 0) + 1;
}

interface Made {
  readonly bytes: Uint8Array;
  /** The same, as the program hands it over. */
  readonly data: Uint8Array | DataView;
}

/** What a program may hand over, of memory of each kind. */
const makers: ((size: number) => Made)[] = [
  (size) => same(Buffer.allocUnsafe(size)),
  (size) => same(Buffer.alloc(size)),
  (size) => same(new Uint8Array(size)),
  (size) => same(new Uint8Array(size + 96).fill(POISON).subarray(33, 33 + size)),
  (size) => same(new Uint8Array(new SharedArrayBuffer(size))),
  (size) => {
    const view = new DataView(new ArrayBuffer(size + 7), 5, size);
    return { bytes: new Uint8Array(view.buffer, 5, size), data: view };
  },
  ...("resizable" in ArrayBuffer.prototype ? [(size: number) => same(new Uint8Array(resizable(size)))] : []),
];

function same(bytes: Uint8Array): Made {
  return { bytes, data: bytes };
}

function resizable(size: number): ArrayBuffer {
  const Resizable = ArrayBuffer as unknown as new (size: number, options: { maxByteLength: number }) => ArrayBuffer;
  return new Resizable(size, { maxByteLength: 2 * size + 8 });
}

/** The next datagram, which nobody remembers but who gets it. */
function make(size: number): Made & { readonly number: number } {
  const number = ++last;
  const made = makers[number % makers.length](size);
  write(number, made.bytes);
  return { number, ...made };
}

/** What is to come: by its number, or how many of those without. */
const due: Set<number> = new Set();
let dueWithout = 0;

function expect(number: number, size: number): void {
  sent++;
  if (hasNumber(size)) due.add(number);
  else dueWithout++;
}

function isAllThere(): boolean {
  return due.size === 0 && dueWithout <= 0 && accepted === ended;
}

interface Kept {
  readonly data: Uint8Array;
  readonly number: number;
}

const kept: Kept[] = [];

let taken = 0;

function take(data: Uint8Array): void {
  const fault = faultOf(data);
  blame("received", fault);
  if (fault !== null) return;
  if (!hasNumber(data.length)) {
    dueWithout--;
    return;
  }
  const number = numberOf(data);
  due.delete(number);
  // What a program does with a message is nobody else's matter.
  if (number % 3 === 0) data.fill(POISON);
  else kept.push({ data, number });
  if (kept.length > KEPT) look(kept.shift()!);
  if (++taken % 32 === 0) rubbish.collect();
}

/** Whether a message is what it was. */
function look({ data, number }: Kept): void {
  blame("kept", faultOf(data) ?? (numberOf(data) === number ? null : `${number} is ${numberOf(data)} now`));
}

/** Does it until all has come, or nothing does for too long. On a machine however slow: one collection may take a second. */
async function settle(): Promise<void> {
  const start = performance.now();
  for (let idle = 0; !isAllThere() && (idle < TURNS || performance.now() - start < PATIENCE); idle++) {
    const before = taken + ended;
    await turn();
    if (taken + ended !== before) idle = 0;
  }
  forgetDue();
}

function forgetDue(): void {
  lost += due.size + Math.max(0, dueWithout);
  due.clear();
  dueWithout = 0;
}

function isTime(round: number): boolean {
  return round < FEWEST || round < ROUNDS && performance.now() - began < ALL;
}

function pick<T>(from: readonly T[], at: number): T {
  return from[at % from.length];
}

interface End {
  readonly socket: Socket;
  readonly address: string;
  readonly port: number;
}

function open(options: Partial<SocketOptions> = {}, address = "127.0.0.1"): End {
  const socket = createSocket({ type: "udp4", recvBufferSize: 400_000, ...options });
  socket.on("message", (data) => take(data));
  socket.on("messages", (messages: readonly ReceivedMessage[]) => {
    for (const { data } of messages) take(data);
  });
  socket.on("error", fail);
  socket.bindSync({ address });
  return { socket, address, port: socket.address().port };
}

function isNative(feature: "receiveInfo" | "receiveOffload"): boolean {
  return capabilities.features[feature] === "native";
}

/** Sends one; its memory is written to when its callback comes, or by nobody: then nothing remembers it. */
function sendOne(from: Socket, to: End | null, size: number): void {
  const { number, bytes, data } = make(size);
  expect(number, size);
  accepted++;
  const forget = number % 4 === 0 ? () => bytes.fill(POISON) : () => {};
  const done = (error: Error | null): void => {
    ended++;
    if (error) fail(error);
    if (ended % 16 === 0) rubbish.collect();
    forget();
  };
  const given = number % 5 === 0 ? [bytes.subarray(0, 3), bytes.subarray(3)] : data;
  if (to === null) from.send(given, done);
  else from.send(given, to.port, to.address, done);
}

/** Sends many, whose promise alone is remembered. */
function sendAll(count: number, send: () => Promise<number>): void {
  accepted++;
  send().then((done) => done === count || fail(new Error(`${done} of ${count}`)), fail).finally(() => ended++);
}

function message(to: End, size: number): { data: Made["data"]; port: number; address: string } {
  const { number, data } = make(size);
  expect(number, size);
  return { data, port: to.port, address: to.address };
}

/** A buffer of so many datagrams, which the kernel or the core cuts. */
function cut(to: End, count: number, size: number): OutgoingMessage {
  const data = Buffer.allocUnsafe(count * size);
  for (let i = 0; i < count; i++) {
    write(++last, data.subarray(i * size, (i + 1) * size));
    expect(last, size);
  }
  return { data, port: to.port, address: to.address, segmentSize: size };
}

/** A socket that is closed as soon as it has sent: each send is called back, whether it left or not. */
function sendAndClose(to: End, round: number): void {
  const socket = createSocket("udp4");
  socket.bindSync({ address: "127.0.0.1" });
  accepted += 6;
  for (let i = 0; i < 5; i++) {
    socket.send(make(pick(NUMBERED, round + i)).data, to.port, to.address, () => {
      ended++;
      if (i === 2) rubbish.collect();
    });
  }
  socket.close(() => ended++);
}

/** Hands over what has a system call in it; never one that is missing here. */
async function flood(): Promise<object> {
  const plain = [
    open(),
    open({ batchMessages: true, pooledMessages: true }),
    open(isNative("receiveInfo") ? { receiveInfo: true } : {}),
    open(isNative("receiveOffload") ? { receiveOffload: true, pooledMessages: true } : { batchMessages: true }),
  ];
  const connected = [open(), open({ pooledMessages: true })];
  connected[0].socket.connectSync(connected[1].port, "127.0.0.1");
  connected[1].socket.connectSync(connected[0].port, "127.0.0.1");
  const informed = ancillarySupport(plain[0].socket).support === "native";
  const found = ownLibc();
  const calls = isLibc(found) ? found.calls : null;
  let round = 0;
  for (; isTime(round); round++) {
    if (calls !== null) (found as { calls: unknown }).calls = round % 4 === 3 ? rubbish.within(calls, 4) : calls;
    const [from, to, other] = [0, 1, 2].map((i) => pick(plain, round + i));
    for (let i = 0; i < 8; i++) sendOne(from.socket, i % 2 ? to : other, pick(SIZES, 5 * round + i));
    for (let i = 0; i < 6; i++) sendOne(pick(connected, i).socket, null, pick(SIZES, 3 * round + i));
    rubbish.collect();
    sendAll(24, () => other.socket.sendMany(Array.from({ length: 24 }, () => message(from, 1200))));
    sendAll(
      9,
      () =>
        from.socket.sendMany(Array.from({ length: 9 }, (_, i) => message(pick(plain, i), pick(SIZES, round + 5 * i)))),
    );
    rubbish.collect();
    sendAll(1, () => to.socket.sendMany([cut(other, 16, 1000)]));
    if (informed) {
      sendAll(8, () =>
        sendWith(
          to.socket,
          Array.from({ length: 8 }, (_, i) => ({ ...message(from, pick(SIZES, round + i)), hopLimit: 9 + i })),
        ));
    }
    sendAndClose(from, round);
    rubbish.collect();
    await settle();
  }
  if (calls !== null) (found as { calls: unknown }).calls = calls;
  for (const { socket } of [...plain, ...connected]) socket.close();
  return { informed };
}

/** The same by descriptors, of a libc each of whose calls collects garbage now and then. */
function descriptors(): object {
  const found = ownLibc() as Libc;
  const own = new Libc({ ...found.binding, calls: rubbish.within(found.binding.calls, 3) }, found.layout);
  const openOne = (family: Family): Descriptor => {
    const options = { family, address: family === 4 ? "127.0.0.1" : "::1", port: 0, reuseAddr: false };
    return new Descriptor(own, openSocket(own, { ...options, reusePort: false, ipv6Only: false }), family, true);
  };
  const families: Family[] = [];
  let round = 0;
  for (; isTime(round); round++) {
    const family = round % 3 === 2 ? 6 : 4;
    const [from, to] = [openOne(family), openOne(family)];
    // Where there is no IPv6.
    if (from.fd < 0 || to.fd < 0) continue;
    families.push(family);
    const { address, port } = to.address() as AddressInfo;
    const one = (size: number): Datagram => {
      const { number, bytes } = make(size);
      expect(number, size);
      return { data: bytes, address, port, watched: false, segmentSize: 0 };
    };
    const joins = round % 2 === 1 && own.offloads.receive && to.set("receiveOffload", 1) === 0;
    const batch = new ReceiveBatch(joins, round % 4 > 1);
    const read = (): void => {
      for (let count; (count = own.receiving.receive(to.fd, batch, 32, round % 3 > 0)) > 0;) {
        for (let i = 0; i < count; i++) take(batch.data[i]);
        batch.clear();
      }
    };
    const send = (what: string, count: number, call: () => number): void => {
      const result = call();
      if (result !== count) fail(new Error(`${result} of ${count} by ${what}`));
      read();
    };
    // Of few lengths, so that what is remembered of one is met again.
    for (let i = 0; i < 8; i++) send("send", 1, () => from.send(one(pick(SIZES, 5 * round + (i & 3)))));
    const { rows } = own.sending;
    send("sendBatch of rows", 20, () => from.sendBatch(Array.from({ length: 20 }, () => one(1200)), 0, 20));
    // What the kernel refuses leaves by itself, and nobody would see why.
    if (own.offloads.send && own.sending.rows === rows) fail(new Error("a row was refused"));
    send(
      "sendBatch",
      6,
      () => from.sendBatch(Array.from({ length: 6 }, (_, i) => one(pick(SIZES, round + 7 * i))), 0, 6),
    );
    send("send", 1, () => from.send(one(pick(SIZES, round + 8))));
    forgetDue();
    from.close();
    to.close();
  }
  return { families: [...new Set(families)] };
}

async function main(): Promise<void> {
  const what = process.argv[2];
  const played = what === "descriptors" ? descriptors() : await flood();
  rubbish.collect();
  kept.forEach(look);
  const { collections } = rubbish;
  const milliseconds = Math.round(performance.now() - began);
  console.log(JSON.stringify({ played, sent, lost, accepted, ended, collections, failures, faults, milliseconds }));
  process.exit();
}

void main();
