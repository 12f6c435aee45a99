/**
 * What is found in the place of `node:dgram` where module hooks lead here. Nothing imports it: whichever copy of this
 * module was registered has left its functions with the runtime's own module.
 */
import type { Dgram } from "../core/socket.ts";

interface Process {
  getBuiltinModule(name: string): { readonly [IN_PLACE]: Dgram };
}

const IN_PLACE: unique symbol = Symbol.for("@x/dgram/register");
const { process } = globalThis as unknown as { process: Process };
const dgram: Dgram = process.getBuiltinModule("node:dgram")[IN_PLACE];

export const createSocket: Dgram["createSocket"] = dgram.createSocket;
export const Socket: Dgram["Socket"] = dgram.Socket;

// `require()` of an ES module answers what has that name: one object, as from node:dgram, and one that can be stubbed.
export { dgram as "module.exports", dgram as default };
