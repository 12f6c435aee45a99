// Two nodes find each other by multicast on the loopback interface, and one calls a service of the other.
import moleculer from "moleculer";
import { freePort, report } from "./our_sockets.mjs";

const transporter = {
  type: "TCP",
  options: { udpPort: await freePort(), udpBindAddress: "127.0.0.1", udpPeriod: 1 },
};
const nodes = ["alberich", "mime"].map((nodeID) =>
  new moleculer.ServiceBroker({ nodeID, namespace: "nibelheim", logger: false, transporter })
);
const [alberich, mime] = nodes;
mime.createService({ name: "forge", actions: { sword: () => "notung" } });
await Promise.all(nodes.map((node) => node.start()));
await alberich.waitForServices("forge");
const answer = await alberich.call("forge.sword");
report(`moleculer: ${answer}`, nodes.flatMap((node) => node.transit.tx.udpServer.servers));
