// This module with sockets that are observed: all is counted, and nobody listens to a diagnostics channel.
import process from "node:process";
import { backend } from "./backend.mjs";
import { dgramEndpoint } from "./dgram_endpoint.mjs";
import { drive } from "./drive.mjs";

const entry = process.env.DGRAM_BENCH_PACKAGE;
const { createSocket } = await import(entry);
const { observe } = await import(new URL("observe.js", entry));
await drive(dgramEndpoint((type) => {
  const socket = createSocket({ type, backend });
  observe(socket);
  return socket;
}));
