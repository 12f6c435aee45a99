import { createSocket } from "@x/dgram";
import { randomInt } from "node:crypto";

/** A port that nobody has, and that the kernel gives to nobody who does not name it: it stays free for a while. */
export async function freePort(address: string = "127.0.0.1"): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    try {
      socket.bindSync({ port, address });
      return port;
    } catch (error) {
      if ((error as { code?: string }).code !== "EADDRINUSE") throw error;
    } finally {
      await new Promise<void>((done) => socket.close(done));
    }
  }
}
