// This module, as npm serves it: dist on every runtime, Deno included, or another build of it.
import process from "node:process";
import { backend } from "./backend.mjs";
import { dgramEndpoint } from "./dgram_endpoint.mjs";
import { drive } from "./drive.mjs";

const { createSocket } = await import(process.env.DGRAM_BENCH_PACKAGE);
await drive(dgramEndpoint((type) => createSocket({ type, backend })));
