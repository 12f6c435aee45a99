// Each way by which a dependency gets hold of node:dgram, and a datagram that goes through what it gets.
import { createRequire } from "node:module";
import * as imported from "./imported.mjs";
import required from "./required.cjs";

const require = createRequire(import.meta.url);
const found = {
  "import dgram": imported.bare.createSocket,
  "import node:dgram": imported.prefixed.createSocket,
  "import { createSocket } from dgram": imported.createSocket,
  "import { createSocket } from node:dgram": imported.prefixedCreateSocket,
  "import()": (await import("node:dgram")).createSocket,
  "require dgram": required.bare.createSocket,
  "require node:dgram": required.prefixed.createSocket,
  "createRequire": require("dgram").createSocket,
};
// Only ours have it.
const others = Object.keys(found).filter((way) => !("sendMany" in found[way]("udp4")));
if (imported.bare !== required.bare) others.push("one object for import and require");

const receiver = imported.createSocket("udp4", (message) => {
  console.log(others.length === 0 ? `${message}` : `not by ${others.join(", ")}`);
  receiver.close();
});
receiver.bind(0, "127.0.0.1", () => {
  const sender = required.bare.createSocket("udp4");
  sender.send("ours", receiver.address().port, "127.0.0.1", () => sender.close());
});
