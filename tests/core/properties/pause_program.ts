/** Pauses and resumes a socket of this runtime while datagrams come. */
import { assertEquals } from "@std/assert";
import { once } from "node:events";
import { setImmediate } from "node:timers";
import fc from "fast-check";
import { close } from "../../support/close.ts";
import { bound, LOOPBACK } from "../../support/wire.ts";
import { within } from "../../support/within.ts";

/** So many sends and some turns, with a call before them; or one that the next listener makes. */
export interface PauseStep {
  readonly call: "pause" | "resume" | "pause in a listener" | "nothing";
  readonly sends: number;
  readonly turns: number;
}

export const pauseSteps: fc.Arbitrary<PauseStep[]> = fc.array(
  fc.record({
    call: fc.constantFrom("pause", "resume", "pause in a listener", "nothing"),
    sends: fc.nat(10),
    turns: fc.nat(4),
  }),
  { maxLength: 20, size: "max" },
);

/** With messages one by one, or as batches. */
export async function runPauses(batchMessages: boolean, steps: readonly PauseStep[]): Promise<void> {
  const receiver = bound(4, { batchMessages });
  const sender = bound(4);
  const { port } = receiver.address();
  const heard: string[] = [];
  const heardWhilePaused: string[] = [];
  let pauseNext = false;
  const hear = (texts: string[]): void => {
    heard.push(...texts);
    if (receiver.isPaused()) heardWhilePaused.push(...texts);
    if (pauseNext) receiver.pause();
    pauseNext = false;
    receiver.emit("heard");
  };
  receiver.on("message", (data) => hear([String(data)]));
  receiver.on("messages", (batch) => hear(batch.map(({ data }) => String(data))));

  const sent: string[] = [];
  for (const { call, sends, turns } of steps) {
    if (call === "pause in a listener") pauseNext = true;
    else if (call !== "nothing") receiver[call]();
    const ends = Array.from({ length: sends }, () => {
      const text = String(sent.length);
      sent.push(text);
      return new Promise<void>((done, fail) => sender.send(text, port, LOOPBACK[4], (e) => e ? fail(e) : done()));
    });
    await within(Promise.all(ends), "the ends of the sends", 15_000);
    for (let i = 0; i < turns; i++) await new Promise((next) => setImmediate(next));
  }
  pauseNext = false;
  receiver.resume();
  while (heard.length < sent.length) await within(once(receiver, "heard"), `${sent.length} messages`, 15_000);
  assertEquals(heard, sent, "in order, each once");
  assertEquals(heardWhilePaused, [], "none while it is paused");
  await close(receiver, sender);
}
