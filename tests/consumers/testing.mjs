// A user's ES module of the testing entry.
import { createNetwork } from "@x/dgram/testing";

const net = createNetwork();
const [a, b] = [net.host(), net.host()];
const socket = b.dgram.createSocket("udp4", (message) => console.log(String(message)));
socket.bindSync({ port: 7 });
a.dgram.createSocket("udp4").send("pong", 7, b.addresses[0]);
await net.idle();
await net.close();
