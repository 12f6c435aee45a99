/** Starting a server on a port of loopback, and asking it until it answers. */
import { bind } from "@x/dgram/promises";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../support/free_port.ts";
import { ServerProcess } from "./server_process.ts";

/** Where all of them are. */
export const HOST = "127.0.0.1";

const ATTEMPTS = 4;

/** A server that has answered. */
export interface Ready {
  readonly process: ServerProcess;
  readonly port: number;
  /** A directory of its own, which goes with it. */
  readonly directory: string;
  /** Aborted when it ends. */
  readonly signal: AbortSignal;
}

/** Sends `question` to a server until anything comes back. */
export async function answers({ port, signal }: Ready, question: string | Uint8Array): Promise<void> {
  const socket = await bind({ address: HOST });
  try {
    await socket.request(question, { port, address: HOST, anyPeer: true, timeout: 50, retries: 8, signal });
  } finally {
    await socket.close();
  }
}

/** Sends `message` to a server that never answers, again and again until it shows a sign of it. */
export async function noticed(server: Ready, message: string, sign: Promise<unknown>): Promise<void> {
  const controller = new AbortController();
  const sending = answers({ ...server, signal: controller.signal }, message).catch(() => {});
  try {
    await sign;
  } finally {
    controller.abort();
    await sending;
  }
}

/** How a server is started, and when it is ready. */
export interface ServerPlan {
  /** Its command line; what it reads is written to the directory. */
  command(port: number, directory: string): readonly [string, readonly string[]];
  /** Resolves when it serves; rejects if it has ended before. */
  ready(server: Ready): Promise<unknown>;
  /** Where its port has to be free; 127.0.0.1 if left out. */
  readonly address?: string;
}

/** Starts a server, gives it to `use`, and ends it. Another may have taken its port meanwhile: it is tried again. */
export async function withServer(plan: ServerPlan, use: (server: Ready) => Promise<void>): Promise<void> {
  for (let attempt = 1;; attempt++) {
    const directory = mkdtempSync(join(tmpdir(), "dgram-server-"));
    // Servers read it as another user.
    chmodSync(directory, 0o755);
    const port = await freePort(plan.address ?? HOST);
    const process = new ServerProcess(...plan.command(port, directory));
    const controller = new AbortController();
    void process.ended.then(() => controller.abort(new Error(`the server ended: ${process.output}`)));
    const server = { process, port, directory, signal: controller.signal };
    try {
      if (await isReady(plan, server, attempt)) return await use(server);
    } finally {
      await process.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  }
}

/** False if it ended at once, as it does where its port is taken, and is worth another attempt. */
async function isReady(plan: ServerPlan, server: Ready, attempt: number): Promise<boolean> {
  try {
    await plan.ready(server);
    return true;
  } catch (error) {
    if (server.process.running || attempt === ATTEMPTS) throw error;
    return false;
  }
}
