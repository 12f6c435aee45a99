// A metric arrives at what listens as StatsD does.
import dgram from "dgram";
import { StatsD } from "hot-shots";
import { report } from "./our_sockets.mjs";

const server = dgram.createSocket("udp4", (message) => report(`hot-shots: ${`${message}`.trim()}`, [server]));
server.bind(0, "127.0.0.1", () => {
  const client = new StatsD({ host: "127.0.0.1", port: server.address().port, prefix: "rhine." });
  client.increment("gold");
});
