// Prints what the runtime that runs it can do, as JSON; with `listenDatagram` what that backend can, with `ffi` that entry.
import process from "node:process";
import { capabilities } from "@x/dgram";
import { listenDatagramBackend } from "@x/dgram/deno";

const choices = {
  listenDatagram: () => listenDatagramBackend().capabilities,
  ffi: async () => (await import("@x/dgram/ffi")).capabilities,
};
console.log(JSON.stringify(await choices[process.argv[2]]?.() ?? capabilities));
