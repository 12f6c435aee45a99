// Vitest's fake timers and a network in memory go on together.
import { createNetwork } from "@x/dgram/testing";
import { expect, test, vi } from "vitest";

test("fake timers follow virtual time", async () => {
  vi.useFakeTimers();
  const net = createNetwork();
  try {
    net.clock.join(vi);
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
    vi.useRealTimers();
  }
});
