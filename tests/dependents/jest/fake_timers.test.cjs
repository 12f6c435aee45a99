// Jest's fake timers and a network in memory go on together.
const { createNetwork } = require("@x/dgram/testing");
const { playWithTimers } = require("../play_with_timers.cjs");

test("fake timers follow virtual time", async () => {
  jest.useFakeTimers({ doNotFake: ["nextTick", "queueMicrotask"] });
  try {
    expect(await playWithTimers(createNetwork, jest)).toEqual([[16, 16]]);
  } finally {
    jest.useRealTimers();
  }
});
