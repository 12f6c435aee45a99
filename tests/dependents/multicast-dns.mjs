// A query is answered, by multicast on the loopback interface.
import multicastDns from "multicast-dns";
import { freePort, report } from "./our_sockets.mjs";

const name = "brunhilde.local";
const options = { port: await freePort(), interface: "127.0.0.1", bind: "0.0.0.0" };
const [server, client] = [multicastDns(options), multicastDns(options)];
server.on("query", ({ questions }) => {
  if (questions[0].name === name) server.respond([{ name, type: "A", ttl: 300, data: "192.0.2.5" }]);
});
client.on("response", ({ answers }) => {
  if (answers[0].name === name) report(`multicast-dns: ${answers[0].data}`);
});
await Promise.all([server, client].map((dns) => new Promise((resolve) => dns.once("ready", resolve))));
client.query(name, "A");
