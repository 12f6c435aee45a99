/** Carries a program of sends out over a FaultyBackend, and compares what is told with what that knows. */
import { assert, assertEquals } from "@std/assert";
import { once } from "node:events";
import { setImmediate } from "node:timers";
import { getSystemErrorName } from "node:util";
import { createSocket, type SendManyError } from "@x/dgram";
import fc from "fast-check";
import { within } from "../../support/within.ts";
import type { FaultyBackend } from "./faulty_backend.ts";

/** One step: so many sends, one sendMany of so many, some turns, or close(). */
export type Step =
  | { readonly sends: number; readonly watched: boolean }
  | { readonly many: number }
  | { readonly turns: number }
  | { readonly close: true };

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof<fc.MaybeWeightedArbitrary<Step>[]>(
    { weight: 4, arbitrary: fc.record({ sends: fc.integer({ min: 1, max: 90 }), watched: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ many: fc.nat(90) }) },
    { weight: 3, arbitrary: fc.record({ turns: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.constant({ close: true as const }) },
  ),
  { maxLength: 14, size: "max" },
);

/** What the program was told of a datagram: its length or an error's code. */
type Told = number | string;

/** Sends go to the connected peer, within their calls, or to an address, at the end of their turn. */
export async function runInMemory(backend: FaultyBackend, connected: boolean, program: readonly Step[]): Promise<void> {
  const socket = createSocket({ type: "udp4", backend });
  socket.bindSync({ address: "127.0.0.1" });
  if (connected) socket.connectSync(9, "127.0.0.1");
  const to = connected ? [] : [9, "127.0.0.1"];
  const order: string[] = [];
  const told = new Map<string, Told[]>();
  const calledBack: string[] = [];
  const promises: Promise<void>[] = [];
  const closed = once(socket, "close");
  let closing = false;

  const accept = (): string => {
    const text = String(order.length);
    order.push(text);
    return text;
  };
  const send = (watched: boolean): void => {
    const text = accept();
    if (watched) told.set(text, []);
    const callback = (error: Error | null, bytes?: number): void => {
      calledBack.push(text);
      told.get(text)!.push(error === null ? bytes! : (error as Error & { code: string }).code);
    };
    const call = socket.send as (...args: unknown[]) => void;
    call.call(socket, text, ...to, ...(watched ? [callback] : []));
  };
  const sendMany = (count: number): void => {
    const texts = Array.from({ length: count }, accept);
    const messages = texts.map((data) => connected ? { data } : { data, port: 9, address: "127.0.0.1" });
    const errnoOf = (text: string): number => backend.outcomes.find((outcome) => outcome.text === text)!.errno;
    promises.push(
      socket.sendMany(messages).then((sent) => {
        assertEquals(sent, count);
        assertEquals(texts.filter((text) => errnoOf(text) !== 0), []);
      }, (error: SendManyError & { code: string }) => {
        const failed = texts.filter((text) => errnoOf(text) !== 0);
        const first = { index: texts.indexOf(failed[0]), code: getSystemErrorName(errnoOf(failed[0])) };
        assertEquals({ index: error.index, code: error.code }, first);
        assertEquals(error.sent, count - failed.length);
      }),
    );
  };

  for (const step of program) {
    if (closing) break;
    if ("sends" in step) { for (let i = 0; i < step.sends; i++) send(step.watched); }
    else if ("many" in step) sendMany(step.many);
    else if ("turns" in step) { for (let i = 0; i < step.turns; i++) await new Promise((next) => setImmediate(next)); }
    else closing = true;
  }
  // What was accepted before is sent.
  socket.close();
  await within(closed, "'close'", 15_000);
  await within(Promise.all(promises), "each promise", 15_000);
  await new Promise((next) => setImmediate(next));

  assertEquals(backend.wrong, []);
  assertEquals(backend.closed, 1);
  assertEquals(backend.outcomes.map(({ text }) => text), order, "in order, each once");
  const expected = backend.outcomes.filter(({ text }) => told.has(text)).map(({ text, errno }) => [
    text,
    [errno === 0 ? text.length : getSystemErrorName(errno)],
  ]);
  assertEquals([...told], expected, "each end told once");
  assertEquals(calledBack, [...told.keys()], "and in order");
  assert(socket.listenerCount("error") === 0);
}
