import cluster from "node:cluster";
import { createSocket } from "node:dgram";
import type {
  Backend,
  Capabilities,
  Feature,
  Handle,
  Host,
  OpenOptions,
  Support,
  WrongFdType,
} from "../core/backend.ts";
import { errnoOf, NodeHandle } from "./node_handle.ts";

/** Node: over its own node:dgram. */
export function nodeBackend(): Backend {
  return {
    name: "node",
    capabilities: nodeCapabilities(),
    open,
    ...(cluster.isWorker ? { openShared } : {}),
  };
}

function open(options: OpenOptions, host: Host): Handle | WrongFdType | number {
  const { address, port, fd } = options;
  const handle = new NodeHandle(options, host);
  let failure = 0;
  const onError = (error: Error): void => {
    failure = errnoOf(error);
  };
  handle.inner.once("error", onError);
  try {
    handle.inner.bind((fd === undefined ? { port, address, exclusive: true } : { fd, exclusive: true }) as never);
  } catch (error) {
    handle.inner.close();
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_INVALID_FD_TYPE") return { fdType: message.slice(message.lastIndexOf(" ") + 1) };
    return errnoOf(error);
  }
  handle.inner.removeListener("error", onError);
  if (failure !== 0) {
    handle.inner.close();
    return failure;
  }
  handle.listen();
  return handle;
}

/** Binds in a cluster worker the socket that the primary shares between the workers; any node:dgram can, if its cluster does. */
export function openShared(options: OpenOptions, host: Host, done: (result: Handle | number) => void): void {
  const { address, port } = options;
  const handle = new NodeHandle(options, host);
  const { inner } = handle;
  const onError = (error: Error): void => {
    inner.removeListener("listening", onListening);
    inner.close();
    done(errnoOf(error));
  };
  const onListening = (): void => {
    inner.removeListener("error", onError);
    handle.listen();
    done(handle);
  };
  inner.once("error", onError);
  inner.once("listening", onListening);
  inner.bind({ port, address });
}

function nodeCapabilities(): Capabilities {
  const features: Record<Feature, Support> = {
    bindSync: "native",
    broadcast: "native",
    closeInTurn: "native",
    cluster: "native",
    connect: "native",
    fd: "native",
    icmpErrors: "native",
    ipv6Only: "native",
    linkLocalScope: "native",
    membership: "native",
    multicastInterface: "native",
    multicastLoopback: "native",
    multicastTTL: "native",
    recvBufferSize: "native",
    reuseAddr: "native",
    reusePort: "native",
    sendBatch: "emulated",
    sendBufferSize: "native",
    sendInTurn: "native",
    sourceSpecificMembership: "native",
    ttl: "native",
  };
  const notes: Partial<Record<Feature, string>> = {
    sendBatch: "node:dgram has no batches: one system call for each datagram",
  };
  let reusePort: Support | undefined;
  Object.defineProperty(features, "reusePort", {
    enumerable: true,
    get: () => reusePort ??= detectReusePort(),
  });
  Object.defineProperty(notes, "reusePort", {
    enumerable: true,
    get: () => features.reusePort === "native" ? undefined : "needs Node 22.12 or later, on Linux or FreeBSD",
  });
  return { runtime: "node", backend: "node", features, notes };
}

/** Older Nodes ignore the option, so that only a second bind shows whether it is there. */
function detectReusePort(): Support {
  const sockets = [0, 1].map(() =>
    createSocket({
      type: "udp4",
      reusePort: true,
      lookup: (hostname: string, _family: number, done: (error: null, address: string) => void) => done(null, hostname),
    } as never)
  );
  let failed = false;
  for (const socket of sockets) socket.once("error", () => failed = true);
  sockets[0].bind({ port: 0, address: "127.0.0.1", exclusive: true });
  if (!failed) sockets[1].bind({ port: sockets[0].address().port, address: "127.0.0.1", exclusive: true });
  for (const socket of sockets) socket.close();
  return failed ? "unavailable" : "native";
}
