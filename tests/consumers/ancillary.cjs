// A user's CommonJS module of the ancillary entry.
const { createSocket } = require("@x/dgram");
const { replyTo } = require("@x/dgram/ancillary");

const server = createSocket("udp4", (_message, from) => replyTo(server, from, "pong"));
server.bind(0, "127.0.0.1", () => {
  const client = createSocket("udp4", (message) => {
    console.log(String(message));
    client.close();
    server.close();
  });
  client.send("ping", server.address().port, "127.0.0.1");
});
