/**
 * Carries out the steps that permissions.test.ts gives as JSON, and prints what came of each: a code, or what was
 * answered. There is one socket after the other. A second argument is the number of a descriptor.
 */
import { capabilities, createSocket, type Feature, type Socket } from "@x/dgram";
import { bind, connect } from "@x/dgram/promises";
import { UDPSocket } from "@x/dgram/web";
import process from "node:process";

type Step = [name: string, ...args: unknown[]];
type Fulfil = (outcome: unknown) => void;

interface Permissions {
  revokeSync(descriptor: object): { state: string };
}

const { Deno } = globalThis as unknown as { Deno: { permissions: Permissions } };

let socket: Socket;

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? String(error);

/** The outcome of what ends with a callback or with an 'error' event. */
function outcome(start: (done: (error?: Error | null) => void) => unknown): Promise<unknown> {
  return new Promise((fulfil: Fulfil) => {
    const onError = (error: Error): void => fulfil(`'error' ${codeOf(error)}`);
    socket.on("error", onError);
    start((error) => {
      socket.removeListener("error", onError);
      fulfil(error ? codeOf(error) : "done");
    });
  });
}

const steps: Record<string, (...args: never[]) => unknown> = {
  open(type: "udp4" | "udp6") {
    socket = createSocket(type);
    return "done";
  },
  bindSync(options: object) {
    socket.bindSync(options);
    return "done";
  },
  bind: (port: number, address?: string) => outcome((done) => socket.bind(port, address, done)),
  adopt() {
    socket.bind({ fd: Number(process.argv[3]) });
    return "done";
  },
  connectSync(port: number, address: string) {
    socket.connectSync(port, address);
    return "done";
  },
  connect: (port: number, address: string) => outcome((done) => socket.connect(port, address, done)),
  send: (text: string, ...to: [number, string]) => outcome((done) => socket.send(text, ...to, done)),
  async sendMany(...messages: [string, number?, string?][]) {
    try {
      return await socket.sendMany(messages.map(([data, port, address]) => ({ data, port, address })));
    } catch (error) {
      const { index, sent } = error as { index?: number; sent?: number };
      return [codeOf(error), index, sent];
    }
  },
  /** Any other call. */
  call(method: string, ...args: unknown[]) {
    (socket as unknown as Record<string, (...args: unknown[]) => unknown>)[method](...args);
    return "done";
  },
  /** Those of the promises entry. */
  async connected(port: number, address: string) {
    await using _socket = await connect(port, address);
    return "done";
  },
  async requested(port: number, address: string) {
    await using bound = await bind(0, "127.0.0.1");
    await bound.request("x", { port, address, timeout: 1, retries: 0 });
    return "done";
  },
  /** A UDPSocket, and a message that it is to send. */
  async web(options: object, message?: object) {
    try {
      const { writable } = await new UDPSocket(options as ConstructorParameters<typeof UDPSocket>[0]).opened;
      if (message !== undefined) await writable.getWriter().write({ data: new Uint8Array(1), ...message });
      return "done";
    } catch (error) {
      const { name, cause } = error as Error;
      return [name, codeOf(cause)];
    }
  },
  close: () => new Promise((fulfil) => socket.close(() => fulfil("done"))),
  support: (feature: Feature) => capabilities.features[feature],
  revoke(descriptor: object) {
    Deno.permissions.revokeSync(descriptor);
    return "done";
  },
};

async function play(list: readonly Step[]): Promise<unknown[]> {
  const outcomes: unknown[] = [];
  for (const [name, ...args] of list) {
    try {
      outcomes.push(await steps[name](...args as never[]));
    } catch (error) {
      outcomes.push(codeOf(error));
    }
  }
  return outcomes;
}

play(JSON.parse(process.argv[2])).then((outcomes) => {
  console.log(JSON.stringify(outcomes));
  process.exit(0);
});
