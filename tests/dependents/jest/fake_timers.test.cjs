// Jest's fake timers and a network in memory go on together; sockets take no notice of them.
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

test("sockets of a module that is first used under fake timers send, receive and close", async () => {
  jest.useFakeTimers();
  jest.resetModules();
  try {
    const { createSocket } = require("@x/dgram");
    for (let i = 0; i < 2; i++) {
      const socket = createSocket("udp4");
      const { port } = socket.bindSync({ address: "127.0.0.1" });
      const heard = new Promise((done) => socket.once("message", (message) => done(`${message}`)));
      const sent = await new Promise((done) => socket.send("pong", port, "127.0.0.1", (_error, bytes) => done(bytes)));
      expect([await heard, sent]).toEqual(["pong", 4]);
      await new Promise((done) => socket.close(done));
      jest.useRealTimers();
    }
  } finally {
    jest.useRealTimers();
  }
});
