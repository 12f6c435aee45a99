// The runtime's own node:dgram.
import { createSocket } from "node:dgram";
import { dgramEndpoint } from "./dgram_endpoint.mjs";
import { drive } from "./drive.mjs";

await drive(dgramEndpoint(createSocket));
