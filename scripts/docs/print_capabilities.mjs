// Prints what the runtime that runs it can do, as JSON; with the argument `listenDatagram` what that backend can.
import process from "node:process";
import { capabilities } from "@x/dgram";
import { listenDatagramBackend } from "@x/dgram/deno";

const chosen = process.argv[2] === "listenDatagram" ? listenDatagramBackend().capabilities : capabilities;
console.log(JSON.stringify(chosen));
