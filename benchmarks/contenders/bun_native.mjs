// Bun.udpSocket, one send a datagram.
import { bunEndpoint } from "./bun_endpoint.mjs";
import { drive } from "./drive.mjs";

await drive(bunEndpoint((socket, data, port, count) => {
  let sent = 0;
  while (sent < count && socket.send(data, port, "127.0.0.1")) sent++;
  return sent === count;
}));
