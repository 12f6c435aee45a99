// Sends every datagram back to where it came from.
//
//   node examples/echo.mjs [--address 127.0.0.1] [--port 7000] [--group 239.255.7.7 [--interface 127.0.0.1]]
import { isIPv6 } from "node:net";
import process from "node:process";
import { parseArgs } from "node:util";
import { createSocket } from "@x/dgram";

const { values } = parseArgs({
  options: {
    address: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "0" },
    group: { type: "string" },
    interface: { type: "string" },
  },
});

const socket = createSocket(isIPv6(values.address) ? "udp6" : "udp4");

socket.on("message", (message, from) => {
  // The services that answer by themselves (echo, chargen, DNS) listen below: two of them would never stop.
  if (from.port < 1024) return;
  // An address that can't be answered, as a forged one, is its sender's affair.
  socket.send(message, from.port, from.address, () => {});
});

socket.on("error", (error) => {
  console.error(error.message);
  process.exitCode = 1;
  socket.close();
});

socket.bind(Number(values.port), values.address, () => {
  if (values.group) socket.addMembership(values.group, values.interface);
  const { address, port } = socket.address();
  console.log(`listening on ${address} port ${port}`);
});
