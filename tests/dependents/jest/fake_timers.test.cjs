// Jest's fake timers and a network in memory go on together.
const { createNetwork } = require("@x/dgram/testing");

test("fake timers follow virtual time", async () => {
  jest.useFakeTimers({ doNotFake: ["nextTick", "queueMicrotask"] });
  const net = createNetwork();
  try {
    net.clock.join(jest);
    const [a, b] = [net.host(), net.host()];
    const began = Date.now();
    const told = [];
    const socket = b.dgram.createSocket("udp4", () => {
      setTimeout(() => told.push([Date.now() - began, net.clock.now()]), 5);
    });
    socket.bindSync({ port: 5000 });
    const sender = a.dgram.createSocket("udp4");
    setTimeout(() => sender.send("x", 5000, b.addresses[0]), 10);
    await net.idle();
    expect(told).toEqual([[16, 16]]);
  } finally {
    await net.close();
    jest.useRealTimers();
  }
});
