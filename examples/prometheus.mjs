// An echo server that tells Prometheus what its sockets do.
//
//   node examples/prometheus.mjs [--address 127.0.0.1] [--port 7000] [--metrics 9464] [--seconds 1]
//
// GET /metrics on the second port answers in Prometheus' text format. A number that can't be had here is left out.
import { createServer } from "node:http";
import process from "node:process";
import { parseArgs } from "node:util";
import { createSocket } from "@x/dgram";
import { observeAll } from "@x/dgram/observe";

const { values } = parseArgs({
  options: {
    address: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "0" },
    metrics: { type: "string", default: "0" },
    seconds: { type: "string" },
  },
});

const all = observeAll();

/** One metric: its name, its type, what it is, and its numbers with their labels. */
function metric(name, type, help, samples) {
  const lines = samples.filter(([, value]) => value !== undefined).map(([labels, value]) =>
    `${name}${labels} ${value}`
  );
  return lines.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines];
}

const by = (label, counts) => Object.entries(counts).map(([key, count]) => [`{${label}="${key}"}`, count]);

function metrics() {
  const { received, sent, waiting, kernel, icmpErrors } = all.read();
  return [
    ...metric("udp_sockets", "gauge", "Sockets that are bound.", [["", all.open().length]]),
    ...metric("udp_received_datagrams_total", "counter", "Datagrams received.", [["", received.datagrams]]),
    ...metric("udp_received_bytes_total", "counter", "Bytes received.", [["", received.bytes]]),
    ...metric("udp_received_dropped_total", "counter", "Received, not delivered.", by("reason", received.dropped)),
    ...metric("udp_received_lost_total", "counter", "Read by the runtime, with no room left.", [["", received.lost]]),
    ...metric("udp_receive_errors_total", "counter", "Receives that failed.", by("code", received.errors)),
    ...metric("udp_sent_datagrams_total", "counter", "Datagrams that the kernel took.", [["", sent.datagrams]]),
    ...metric("udp_sent_bytes_total", "counter", "Bytes that the kernel took.", [["", sent.bytes]]),
    ...metric("udp_send_dropped_total", "counter", "Not given to the kernel.", by("reason", sent.dropped)),
    ...metric("udp_send_errors_total", "counter", "Sends that failed.", by("code", sent.failed)),
    ...metric("udp_send_calls_total", "counter", "System calls that sent.", [["", sent.calls]]),
    ...metric("udp_send_queue_datagrams", "gauge", "Datagrams that wait for room.", [["", waiting.count]]),
    ...metric("udp_send_queue_bytes", "gauge", "Bytes that wait for room.", [["", waiting.size]]),
    ...metric("udp_icmp_errors_total", "counter", "ICMP errors.", [["", icmpErrors]]),
    ...metric("udp_kernel_dropped_total", "counter", "Found the receive buffer full.", [["", kernel.dropped]]),
    "",
  ].join("\n");
}

const http = createServer((request, response) => {
  if (request.url !== "/metrics") return response.writeHead(404).end();
  response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(metrics());
});
const socket = createSocket("udp4");
socket.on("message", (message, from) => socket.send(message, from.port, from.address));

function stop() {
  if (http.listening) http.close();
  http.closeAllConnections?.();
  all.stop();
  socket.close();
}

http.listen(Number(values.metrics), values.address, () => {
  console.log(`metrics at http://${values.address}:${http.address().port}/metrics`);
  socket.bind(Number(values.port), values.address, () => {
    console.log(`listening on ${values.address} port ${socket.address().port}`);
    if (values.seconds) setTimeout(stop, Number(values.seconds) * 1000);
  });
});
process.once("SIGINT", stop);
