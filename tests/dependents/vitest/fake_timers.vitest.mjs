// Vitest's fake timers and a network in memory go on together.
import { createNetwork } from "@x/dgram/testing";
import { createRequire } from "node:module";
import { expect, test, vi } from "vitest";

const { playWithTimers } = createRequire(import.meta.url)("../play_with_timers.cjs");

test("fake timers follow virtual time", async () => {
  vi.useFakeTimers();
  try {
    expect(await playWithTimers(createNetwork, vi)).toEqual([[16, 16]]);
  } finally {
    vi.useRealTimers();
  }
});
