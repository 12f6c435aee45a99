// A server answers a client's confirmable request.
import coap from "coap";
import { freePort, report } from "./our_sockets.mjs";

const port = await freePort();
const server = coap.createServer((request, response) => response.end(`hello ${request.url.slice(1)}`));
const agent = new coap.Agent({ type: "udp4" });
server.listen(port, "127.0.0.1", () => {
  const request = coap.request({ hostname: "127.0.0.1", port, pathname: "/brunhilde", confirmable: true, agent });
  request.on("response", ({ payload }) => report(`coap: ${payload}`, [server._sock, agent._sock]));
  request.end();
});
