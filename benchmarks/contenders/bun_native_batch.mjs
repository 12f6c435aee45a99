// Bun.udpSocket with sendMany: one array for each burst, as a program with different datagrams would make it.
import { bunEndpoint } from "./bun_endpoint.mjs";
import { drive } from "./drive.mjs";

await drive(bunEndpoint((socket, data, port, count) => {
  if (count === 1) return socket.send(data, port, "127.0.0.1");
  const flat = [];
  for (let i = 0; i < count; i++) flat.push(data, port, "127.0.0.1");
  return socket.sendMany(flat) === count;
}));
