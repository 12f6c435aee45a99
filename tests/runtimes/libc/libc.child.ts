/** Prints whether this process has system calls, as one line of JSON: true, or why not. */
import process from "node:process";
import { Descriptor } from "../../../src/runtimes/libc/descriptor.ts";
import { isLibc } from "../../../src/runtimes/libc/load.ts";
import { openSocket } from "../../../src/runtimes/libc/open_socket.ts";
import { ownLibc } from "../../support/own_libc.ts";

const write = (line: string): void => void process.stdout.write(line + "\n");

const found = ownLibc();
if (isLibc(found)) {
  const options = {
    family: 4,
    address: "127.0.0.1",
    port: 0,
    reuseAddr: false,
    reusePort: false,
    ipv6Only: false,
  } as const;
  const socket = new Descriptor(found, openSocket(found, options), 4, true);
  const { port } = socket.address() as { port: number };
  const one = { data: new Uint8Array(3), address: "127.0.0.1", port, watched: false, segmentSize: 0 };
  write(JSON.stringify(socket.sendBatch([one, one], 0, 2) === 2));
  socket.close();
} else {
  write(JSON.stringify(found.absent));
}
