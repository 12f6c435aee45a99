// Jest's registry is emptied while a socket of what was loaded before is open: both copies go on.
const HOST = "127.0.0.1";

/** What a bound socket hears first. */
const heard = (socket) => new Promise((done) => socket.once("message", (message) => done(`${message}`)));

test("sockets of before and after jest.resetModules() hear each other", async () => {
  const open = [];
  try {
    for (let i = 0; i < 3; i++) {
      const { bare } = require("../required.cjs");
      expect(bare).toBe(require("@x/dgram"));
      const socket = bare.createSocket("udp4");
      open.push({ socket, bare, port: socket.bindSync({ address: HOST }).port });
      jest.resetModules();
    }
    expect(new Set(open.map(({ bare }) => bare)).size).toBe(open.length);
    for (const { socket: from } of open) {
      for (const { socket: to, port } of open) {
        const message = heard(to);
        from.send("pong", port, HOST);
        expect(await message).toBe("pong");
      }
    }
    // The promises entry of before has sockets of before.
    const { bind } = require("@x/dgram/promises");
    jest.resetModules();
    const [{ socket, port }] = open;
    const own = await bind({ address: HOST });
    const message = heard(socket);
    await own.send("pong", port, HOST);
    expect(await message).toBe("pong");
    await own.close();
  } finally {
    for (const { socket } of open) await new Promise((done) => socket.close(done));
  }
});
