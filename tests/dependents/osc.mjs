// A message from one port to another.
import osc from "osc";
import { freePort, report } from "./our_sockets.mjs";

const port = await freePort();
const receiver = new osc.UDPPort({ localPort: port });
const sender = new osc.UDPPort({ localPort: 0, remotePort: port });
receiver.on("message", ({ address, args }) => report(`osc: ${address} ${args}`, [sender.socket, receiver.socket]));
receiver.on("ready", () => sender.open());
sender.on("ready", () => sender.send({ address: "/carrier/frequency", args: [{ type: "i", value: 440 }] }));
receiver.open();
