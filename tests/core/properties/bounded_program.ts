/** Carries sends out over a FaultyBackend, on a socket with a bound on what may wait. */
import { assert, assertEquals } from "@std/assert";
import { setImmediate } from "node:timers";
import { getSystemErrorName } from "node:util";
import { createSocket, type SocketOptions } from "@x/dgram";
import fc from "fast-check";
import { within } from "../../support/within.ts";
import type { FaultyBackend } from "./faulty_backend.ts";

const FULL = "ERR_SOCKET_DGRAM_QUEUE_FULL";

/** So many sends of so many bytes in one turn, and then some turns. */
export interface Burst {
  readonly sends: number;
  readonly size: number;
  readonly watched: boolean;
  readonly turns: number;
}

/** How the socket begins. */
export type Start = "unbound" | "bound" | "connected";

export const starts: fc.Arbitrary<Start> = fc.constantFrom("unbound", "bound", "connected");

/** 0 is no bound. */
export const bounds: fc.Arbitrary<Pick<SocketOptions, "maxSendQueueCount" | "maxSendQueueSize">> = fc.record({
  maxSendQueueCount: fc.constantFrom(0, 1, 2, 3, 10, 70),
  maxSendQueueSize: fc.constantFrom(0, 1, 12, 40, 500),
});

export const bursts: fc.Arbitrary<Burst[]> = fc.array(
  fc.record({
    sends: fc.integer({ min: 1, max: 90 }),
    size: fc.integer({ min: 1, max: 14 }),
    watched: fc.boolean(),
    turns: fc.nat(4),
  }),
  { maxLength: 12, size: "max" },
);

/** Closes while some may still wait. */
export async function runBounded(
  backend: FaultyBackend,
  start: Start,
  { maxSendQueueCount = 0, maxSendQueueSize = 0 }: Pick<SocketOptions, "maxSendQueueCount" | "maxSendQueueSize">,
  program: readonly Burst[],
): Promise<void> {
  const socket = createSocket({ type: "udp4", backend, maxSendQueueCount, maxSendQueueSize });
  if (start !== "unbound") socket.bindSync({ address: "127.0.0.1" });
  if (start === "connected") socket.connectSync(9, "127.0.0.1");
  const to = start === "connected" ? [] : [9, "127.0.0.1"];
  const most = { count: maxSendQueueCount || Infinity, size: maxSendQueueSize || Infinity };

  const accepted: { readonly text: string; readonly watched: boolean }[] = [];
  const refused: string[] = [];
  let refusedUnheard = 0;
  const told: [text: string, result: number | string][] = [];
  const refusals: string[] = [];
  const errors: string[] = [];
  let drains = 0;
  let drainsDue = 0;
  let lackedRoom = false;
  let closing = false;
  let open = start !== "unbound";

  backend.onAnswer = (answer) => {
    if (answer === 0) lackedRoom = true;
    else if (lackedRoom && backend.taken === accepted.length) {
      lackedRoom = false;
      if (!closing) drainsDue++;
    }
  };
  socket.once("listening", () => open = true);
  socket.on("drain", () => drains++);
  socket.on("error", (error) => errors.push((error as NodeJS.ErrnoException).code!));
  const closed = new Promise<void>((resolve) => socket.once("close", resolve));

  let next = 0;
  const send = (size: number, watched: boolean): void => {
    const text = String(next++).padEnd(size, ".");
    const callback = (error: Error | null, bytes?: number): void => {
      const code = (error as NodeJS.ErrnoException | null)?.code;
      if (code === FULL) refusals.push(text);
      else told.push([text, code ?? bytes!]);
    };
    // Before the call: what leaves within it has been accepted.
    accepted.push({ text, watched });
    (socket.send as (...args: unknown[]) => void).call(socket, text, ...to, ...(watched ? [callback] : []));
    const before = accepted.slice(backend.taken, -1);
    const bytes = before.reduce((sum, { text }) => sum + text.length, text.length);
    if (before.length < most.count && bytes <= most.size || backend.taken === accepted.length) return;
    accepted.pop();
    // What only waits for the end of its turn leaves in favour of the next.
    const hasRoom = open && !lackedRoom && text.length <= most.size;
    assert(!hasRoom, `${text} is refused though the kernel has room`);
    if (watched) refused.push(text);
    else refusedUnheard++;
  };
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  for (const { sends, size, watched, turns } of program) {
    for (let i = 0; i < sends; i++) send(size, watched);
    // Whether or not there is room: the refusals are told in this turn.
    await turn();
    assertEquals(refusals, refused, "each that is too much is refused at once, and no other");
    assertEquals(errors, Array(refusedUnheard).fill(FULL), "without a callback by 'error'");
    for (let i = 0; i < turns; i++) await turn();
    assertEquals(drains, drainsDue, "'drain' comes when what lacked room has left, and then only");
  }
  closing = true;
  socket.close();
  await within(closed, "'close'", 15_000);
  await turn();

  assertEquals(backend.wrong, []);
  assertEquals(drains, drainsDue);
  assertEquals(backend.outcomes.map(({ text }) => text), accepted.map(({ text }) => text), "in order, each once");
  const heard = new Set(accepted.filter(({ watched }) => watched).map(({ text }) => text));
  const ends = backend.outcomes.filter(({ text }) => heard.has(text));
  assertEquals(told, ends.map(({ text, errno }) => [text, errno === 0 ? text.length : getSystemErrorName(errno)]));
  assertEquals([refusals, errors.length], [refused, refusedUnheard]);
}
