// Plays published packages, unchanged, on networks in memory: they have this module in the place of node:dgram by register.
import { createNetwork } from "@x/dgram/testing";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import process from "node:process";

const traces = createHash("sha256");

/**
 * Plays a program twice on a network of the same seed, which has to come to the same, to the last line of the trace.
 * Answers that, and what the trace says.
 */
export async function play(options, program) {
  const [first, again] = [await playOnce(options, program), await playOnce(options, program)];
  assert.equal(again.trace, first.trace);
  assert.deepEqual(again.result, first.result);
  traces.update(first.trace);
  return first;
}

/** The same, once. */
export async function playOnce(options, program) {
  const net = createNetwork({ trace: true, ...options });
  net.install();
  try {
    const result = await program(net);
    return { result, trace: net.traceText(), seconds: net.clock.now() / 1000 };
  } finally {
    // Without a word: the close of what is still open is no part of the play, and stun 2.1.0 throws when it is told.
    for (const host of net.hosts) host.crash();
    await net.close();
  }
}

/** What a program on a host answers, while time goes by. */
export function on(net, host, program) {
  return net.run({ until: host.run(program) });
}

/** Adds what `explore` has found to what has to be the same on each runtime. */
export function addTrace(text) {
  traces.update(text);
}

/** Ends the program: some packages have timers that go on. The traces have to be the same on each runtime. */
export function finish(name) {
  console.log(`${name}: traces ${traces.digest("hex").slice(0, 16)}`);
  process.exit();
}
