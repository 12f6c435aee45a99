/** A host of network.test.ts: does to its sockets what the test asks in lines of JSON, and tells what they emit. */
import { createSocket, type Socket } from "@x/dgram";
import { Buffer } from "node:buffer";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Order, Report, Told } from "./protocol.ts";

type Method = (...args: unknown[]) => unknown;

if (process.argv.includes("without libc")) {
  // It is asked for when a socket is first opened.
  const load = process.getBuiltinModule.bind(process) as (name: string) => never;
  process.getBuiltinModule = (name: string) => name === "bun:ffi" ? undefined as never : load(name);
}

const sockets = new Map<number, Socket>();

function tell(report: Report): void {
  process.stdout.write(JSON.stringify(report) + "\n");
}

function told(error: unknown): Told {
  const { message, code, errno, syscall } = error as Told;
  return { message, code, errno, syscall };
}

function create(id: number, options: unknown): void {
  const socket = createSocket(options as "udp4");
  sockets.set(id, socket);
  socket.on("message", (message, { receivedAt: _, ...from }) => {
    const text = message.length > 100 ? "" : String(message);
    tell({ socket: id, event: "message", value: { text, ...from } });
  });
  socket.on("error", (error) => tell({ socket: id, event: "error", value: told(error) }));
}

/** A number of bytes stands for so many. */
function payload(given: string | number): Uint8Array {
  return typeof given === "string" ? new TextEncoder().encode(given) : Buffer.alloc(given, "x");
}

/** What a program does with its memory in the tick after the one in which its datagram leaves. */
const AFTERWARDS: Record<string, (bytes: Uint8Array) => unknown> = {
  send: () => {},
  sendAndOverwrite: (bytes) => bytes.fill(0x21),
  sendAndTransfer: (bytes) => structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] }),
};

function carryOut({ id, socket: number, method, args }: Order): void {
  const answer = (value: unknown): void => tell({ id, value });
  try {
    if (method === "create") return answer(create(number, args[0]));
    const socket = sockets.get(number)!;
    if (method in AFTERWARDS) {
      const [what, ...to] = args as [string | number, ...unknown[]];
      const bytes = payload(what);
      const callback = (error: Error | null): void => answer(error && told(error));
      (socket.send as Method).call(socket, bytes, ...to, callback);
      return process.nextTick(AFTERWARDS[method], bytes);
    }
    if (method === "bindInherited") return answer(void socket.bind({ fd: Number(process.argv.at(-1)) }));
    if (method === "close") return void socket.close(() => answer(null));
    const value = (socket as unknown as Record<string, Method>)[method](...args);
    if (value instanceof Promise) value.then(answer, (error) => tell({ id, thrown: told(error) }));
    else answer(value);
  } catch (error) {
    tell({ id, thrown: told(error) });
  }
}

const input = createInterface({ input: process.stdin });
input.on("line", (line) => carryOut(JSON.parse(line)));
input.on("close", () => process.exit(0));
tell({ ready: true });
