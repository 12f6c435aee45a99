// A tunnel to a gateway, which is told to switch a lamp on. The gateway is a few datagrams long.
import dgram from "dgram";
import { Buffer } from "node:buffer";
import os from "node:os";
import knx from "knx";
import { report } from "./our_sockets.mjs";

// It wants an address that is not the loopback's, and only writes it into its datagrams.
os.networkInterfaces = () => ({ rhine0: [{ address: "127.0.0.1", family: "IPv4", internal: false }] });

const channel = 7;
const [CONNECT, CONNECTION_STATE, TUNNELING] = [0x0205, 0x0207, 0x0420];
const header = (service, length) => [6, 0x10, service >> 8, service & 255, 0, length];
const gateway = dgram.createSocket("udp4");
gateway.on("message", (message, { port, address }) => {
  const answer = (...bytes) => gateway.send(Buffer.from(bytes), port, address);
  const service = message.readUInt16BE(2);
  if (service === CONNECT) {
    const own = [8, 1, 127, 0, 0, 1, gateway.address().port >> 8, gateway.address().port & 255];
    answer(...header(CONNECT + 1, 20), channel, 0, ...own, 4, 4, 0x11, 1);
  } else if (service === CONNECTION_STATE) {
    answer(...header(CONNECTION_STATE + 1, 8), channel, 0);
  } else if (service === TUNNELING) {
    answer(...header(TUNNELING + 1, 10), 4, channel, message[8], 0);
    const destination = message.readUInt16BE(16);
    const value = message.at(-1) & 1;
    report(
      `knx: ${destination >> 11}/${(destination >> 8) & 7}/${destination & 255} is ${value}`,
      [connection.socket, gateway],
    );
  }
});
let connection;
gateway.bind(0, "127.0.0.1", () => {
  const { port } = gateway.address();
  const connected = () => connection.write("1/2/3", 1, "DPT1");
  connection = new knx.Connection({ ipAddr: "127.0.0.1", ipPort: port, loglevel: "error", handlers: { connected } });
});
