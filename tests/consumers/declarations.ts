/** What a library exports without writing its type down: TypeScript writes these names into the library's own types. */
import dgram, { cachedLookup, capabilities, createSocket, Socket } from "@x/dgram";
import { listenDatagramBackend } from "@x/dgram/deno";
import * as ffi from "@x/dgram/ffi";
import { bind, connect } from "@x/dgram/promises";
import { UDPSocket } from "@x/dgram/web";

export const socket = createSocket("udp4");
export const makeSocket = createSocket;
export const Class = Socket;
export class Mine extends Socket {
  constructor() {
    super("udp4");
  }
}
export const defaultExport = dgram;
export const lookup = cachedLookup();
export const features = capabilities.features;
export const address = () => socket.address();
export const { on, send, sendMany } = socket;
export const backend = listenDatagramBackend();
export const fast = ffi.createSocket("udp4");
export const fastModule = ffi.default;
export const bound = () => bind();
export const raw = async () => (await connect(1)).raw;
export const datagrams = async () => (await bind()).datagrams();
export const received = async () => (await bind()).receive();
export const web = () => new UDPSocket({ localAddress: "::" }).opened;
export const read = async () => (await web()).readable.getReader().read();
export const listener = (...values: Parameters<NonNullable<Parameters<typeof createSocket>[1]>>) => values;
