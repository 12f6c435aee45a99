// Gives what sockets do to a Meter of OpenTelemetry's API (@opentelemetry/api 1.x).
//
//   node examples/otel_metrics.mjs
//
// A program with an SDK calls `observeWith(metrics.getMeter("udp"), observeAll())`. Run by itself, this file has a meter of
// its own, with the same methods, which prints what it is told.
import { createSocket } from "@x/dgram";
import { observeAll } from "@x/dgram/observe";

/** Has a meter ask for the sum of all sockets whenever it collects. */
export function observeWith(meter, all) {
  const counter = (name, unit, description) => meter.createObservableCounter(name, { unit, description });
  const io = counter("udp.io", "By", "Bytes received and sent");
  const datagrams = counter("udp.datagrams", "{datagram}", "Datagrams received and sent");
  const dropped = counter("udp.dropped", "{datagram}", "Datagrams that were dropped, by reason");
  const errors = counter("udp.errors", "{error}", "Receives and sends that failed, by code");
  const sockets = meter.createObservableUpDownCounter("udp.sockets", {
    unit: "{socket}",
    description: "Bound sockets",
  });
  const instruments = [io, datagrams, dropped, errors, sockets];
  meter.addBatchObservableCallback((result) => {
    const { received, sent, kernel } = all.read();
    result.observe(sockets, all.open().length);
    for (
      const [direction, { bytes, datagrams: count, dropped: reasons }] of Object.entries({
        receive: received,
        transmit: sent,
      })
    ) {
      const attributes = { "network.io.direction": direction };
      result.observe(io, bytes, attributes);
      result.observe(datagrams, count, attributes);
      for (const [reason, number] of Object.entries(reasons)) {
        result.observe(dropped, number, { ...attributes, reason });
      }
      const codes = direction === "receive" ? received.errors : sent.failed;
      for (const [code, number] of Object.entries(codes)) {
        result.observe(errors, number, { ...attributes, "error.type": code });
      }
    }
    // What the runtime had read itself: on Bun.
    result.observe(dropped, received.lost, { "network.io.direction": "receive", reason: "lost" });
    // Where the kernel does not tell, nothing is said.
    if (kernel.dropped !== undefined) {
      result.observe(dropped, kernel.dropped, { "network.io.direction": "receive", reason: "kernel" });
    }
  }, instruments);
}

/** As much of a Meter as that needs. */
class PrintingMeter {
  #callbacks = [];

  createObservableCounter(name) {
    return { name };
  }

  createObservableUpDownCounter(name) {
    return { name };
  }

  addBatchObservableCallback(callback, instruments) {
    this.#callbacks.push([callback, instruments]);
  }

  collect() {
    for (const [callback, instruments] of this.#callbacks) {
      callback({
        observe({ name }, value, attributes = {}) {
          if (!instruments.some((instrument) => instrument.name === name)) throw new Error(`not announced: ${name}`);
          if (value > 0) console.log(name, value, Object.values(attributes).join(" "));
        },
      });
    }
  }
}

const all = observeAll();
const meter = new PrintingMeter();
observeWith(meter, all);
let left = 2;
const socket = createSocket("udp4", done);
socket.bind(0, "127.0.0.1", () => socket.send("hello", socket.address().port, "127.0.0.1", done));

/** It has left, or it has come. */
function done() {
  if (--left > 0) return;
  meter.collect();
  socket.close();
  all.stop();
}
