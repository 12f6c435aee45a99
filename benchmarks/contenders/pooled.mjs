// This module with messages that may share memory.
import process from "node:process";
import { backend } from "./backend.mjs";
import { dgramEndpoint } from "./dgram_endpoint.mjs";
import { drive } from "./drive.mjs";

const { createSocket } = await import(process.env.DGRAM_BENCH_PACKAGE);
await drive(dgramEndpoint((type) => createSocket({ type, backend, pooledMessages: true })));
