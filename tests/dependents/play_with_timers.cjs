// A program whose timers a test runner fakes, on a network in memory: when it is answered by the fake clock, and by the
// network's.
exports.playWithTimers = async (createNetwork, timers) => {
  const net = createNetwork();
  try {
    net.clock.join(timers);
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
    return told;
  } finally {
    await net.close();
  }
};
