/**
 * Reads all capabilities several times, and tells in a line of JSON how many sockets the runtime opened for the first
 * reading, and for the others.
 */
import { capabilities, type Feature } from "@x/dgram";
import { Socket } from "node:dgram";
import process from "node:process";

interface Opener {
  listenDatagram?: (...values: unknown[]) => unknown;
  udpSocket?: (...values: unknown[]) => unknown;
}

let opened = 0;

/** Counts the calls of a function that opens sockets, if it is there. */
function count<Name extends string>(
  owner: { [N in Name]?: (...values: never[]) => unknown } | undefined,
  name: Name,
): void {
  const open = owner?.[name];
  if (open === undefined) return;
  const counted = (...values: never[]): unknown => {
    opened++;
    return open.apply(owner, values);
  };
  Object.defineProperty(owner, name, { value: counted });
}

const { Deno, Bun } = globalThis as unknown as { Deno?: Opener; Bun?: Opener };
count(Deno, "listenDatagram");
count(Bun, "udpSocket");
if (Deno === undefined && Bun === undefined) {
  const { bind } = Socket.prototype;
  const counted = function (this: Socket, ...values: Parameters<typeof bind>): Socket {
    opened++;
    return bind.apply(this, values);
  };
  Socket.prototype.bind = counted as typeof bind;
}

function readAll(): number {
  const before = opened;
  for (const feature of Object.keys(capabilities.features) as Feature[]) {
    void capabilities.features[feature];
    void capabilities.notes[feature];
  }
  return opened - before;
}

const first = readAll();
const others = readAll() + readAll();
console.log(JSON.stringify({ first, others, note: capabilities.notes.reusePort ?? null }));
process.exit(0);
