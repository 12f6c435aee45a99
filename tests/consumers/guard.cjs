// A user's CommonJS module of the guard entry.
const { createSocket } = require("@x/dgram");
const { guard } = require("@x/dgram/guard");

const server = createSocket("udp4");
const watch = guard(server);
server.on("message", (message, { port, address }) => {
  const isProven = watch.token.check(message, { port, address });
  server.send(isProven ? "pong".repeat(100) : watch.token.make({ port, address }), port, address);
});
server.bind(0, "127.0.0.1", () => {
  const client = createSocket("udp4", (message) => {
    if (message.length === 22) return client.send(message, server.address().port, "127.0.0.1");
    if (watch.counts.admitted === 2) console.log(String(message.subarray(0, 4)));
    client.close();
    server.close();
  });
  client.send("a question", server.address().port, "127.0.0.1");
});
