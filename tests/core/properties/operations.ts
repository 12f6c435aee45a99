/** What a program may do with a socket, in any mix and order. */
import { Buffer } from "node:buffer";
import fc from "fast-check";

/** How a message is given to the socket. */
export type Form = "string" | "buffer" | "list" | "part";

/** A datagram to be sent: to the connected peer if there is one. */
export interface Message {
  readonly size: number;
  readonly form: Form;
  /** The number of a peer; the last one refuses all. */
  readonly peer: number;
}

/** One step of a program. */
export type Operation =
  | Message & { readonly kind: "send"; readonly watched: boolean }
  | { readonly kind: "sendMany"; readonly messages: readonly Message[] }
  | { readonly kind: "send to a bad port"; readonly port: number }
  | { readonly kind: "connect"; readonly peer: number }
  | { readonly kind: "connectSync"; readonly peer: number }
  | { readonly kind: "disconnect" }
  | { readonly kind: "turn" }
  | { readonly kind: "settle" }
  | { readonly kind: "close" };

/** The longest that IPv4 can carry. */
export const LONGEST_DATAGRAM = 65_507;

const messages = (peers: number): fc.Arbitrary<Message> =>
  fc.record({
    size: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(0, 1, 64, 1400) },
      { weight: 1, arbitrary: fc.constantFrom(LONGEST_DATAGRAM, LONGEST_DATAGRAM + 1) },
    ),
    form: fc.constantFrom<Form>("string", "buffer", "list", "part"),
    peer: fc.nat(peers - 1),
  });

/** Programs of up to `longest` steps. */
export function operations(peers: number, longest: number): fc.Arbitrary<Operation[]> {
  const message = messages(peers);
  const peer = fc.nat(peers - 1);
  const step = fc.oneof<fc.MaybeWeightedArbitrary<Operation>[]>(
    {
      weight: 12,
      arbitrary: fc.tuple(message, fc.boolean()).map(([each, watched]) => ({ kind: "send", ...each, watched })),
    },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant("sendMany" as const), messages: fc.array(message, { maxLength: 12 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(0, -1, 65_536, Number.NaN).map((port) => ({ kind: "send to a bad port", port })),
    },
    { weight: 2, arbitrary: peer.map((number) => ({ kind: "connect", peer: number })) },
    { weight: 2, arbitrary: peer.map((number) => ({ kind: "connectSync", peer: number })) },
    { weight: 4, arbitrary: fc.constant({ kind: "disconnect" }) },
    { weight: 4, arbitrary: fc.constant({ kind: "turn" }) },
    { weight: 1, arbitrary: fc.constant({ kind: "settle" }) },
    { weight: 1, arbitrary: fc.constant({ kind: "close" }) },
  );
  return fc.array(step, { maxLength: longest, size: "max" });
}

/** Bytes that no other datagram has, as far as there is room for that. */
export function bytesOf(id: number, size: number): Buffer {
  // A string of two bytes a character: its length is not that of the datagram.
  const head = `${id}:`;
  const rest = Math.max(0, size - head.length);
  return Buffer.from(
    (head + "é".repeat(rest >> 1) + ".".repeat(rest & 1)).slice(0, size < head.length ? size : undefined),
  );
}
