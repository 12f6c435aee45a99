// A user's ES module of the ancillary entry.
import { createSocket } from "@x/dgram";
import { replyTo } from "@x/dgram/ancillary";

const server = createSocket("udp4", (_message, from) => replyTo(server, from, "pong"));
server.bind(0, "127.0.0.1", () => {
  const client = createSocket("udp4", (message) => {
    console.log(String(message));
    client.close();
    server.close();
  });
  client.send("ping", server.address().port, "127.0.0.1");
});
