/** What the IP headers of the datagrams that a command sends say: hops, traffic class, fragments. */
import type { Arguments, Option } from "./arguments.ts";
import { UsageError } from "./failure.ts";
import type { Socket } from "./sockets.ts";

/** The options. */
export const IP_HEADER: Readonly<Record<string, Option>> = {
  ttl: { type: "string", value: "N", about: "hops that a datagram may take; of a multicast one 1 if left out" },
  tos: {
    type: "string",
    value: "BYTE",
    about: "the TOS byte or traffic class, 0 to 255 or 0xb8, or a DSCP: ef, af41, cs5",
  },
  "dont-fragment": { type: "boolean", short: "D", about: "fail if a datagram is larger than the path's MTU" },
};

/** What was asked for. */
export interface IPHeader {
  readonly ttl: number | undefined;
  readonly tos: number | undefined;
  readonly dontFragment: boolean;
}

/** Reads the options; a multicast datagram may have no hop at all. */
export function ipHeaderOf(args: Arguments, multicast: boolean): IPHeader {
  const tos = args.text("tos");
  return {
    ttl: args.integer("ttl", multicast ? 0 : 1, 255),
    tos: tos === undefined ? undefined : parseTOS(tos),
    dontFragment: args.flag("dont-fragment"),
  };
}

/** Tells a bound socket; the errors are the module's. */
export function setIPHeader(socket: Socket, { ttl, tos, dontFragment }: IPHeader, multicast: boolean): void {
  if (ttl !== undefined) {
    if (multicast) socket.setMulticastTTL(ttl);
    else socket.setTTL(ttl);
  }
  if (tos !== undefined) socket.setTOS(tos);
  if (dontFragment) socket.setDontFragment(true);
}

/** A byte, or the byte of a differentiated services code point: RFC 2474, 2597, 3246, 5865 and 8622. */
export function parseTOS(text: string): number {
  const value = /^(\d{1,3}|0x[\da-f]{1,2})$/i.test(text) ? Number(text) : byteOfName(text.toLowerCase());
  if (value !== undefined && value <= 255) return value;
  throw new UsageError(`not a TOS byte: ${JSON.stringify(text)} (0 to 255, 0x00 to 0xff, or a DSCP such as ef)`);
}

const NAMES: Readonly<Record<string, number>> = { be: 0, df: 0, le: 1, "voice-admit": 44, ef: 46 };

function byteOfName(name: string): number | undefined {
  if (Object.hasOwn(NAMES, name)) return NAMES[name] << 2;
  const [, selector] = /^cs([0-7])$/.exec(name) ?? [];
  if (selector !== undefined) return Number(selector) << 5;
  const [, group, precedence] = /^af([1-4])([1-3])$/.exec(name) ?? [];
  return group === undefined ? undefined : Number(group) << 5 | Number(precedence) << 3;
}
