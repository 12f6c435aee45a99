import { EventEmitter } from "../core/event_emitter.ts";
import type { Backend, Capabilities, Handle, Host, OpenOptions, Support, WrongFdType } from "../core/backend.ts";
import { getErrno } from "../core/errors.ts";
import { isClusterWorker } from "./cluster_worker.ts";
import { featureTable, sameFor } from "./feature_table.ts";
import { bindDgram, createDgram, errnoOfDgram } from "./node_dgram.ts";
import { NodeHandle } from "./node_handle.ts";
import type { Optional } from "./optional_features.ts";
import { OFFLOAD_NOTES, WITHOUT_OFFLOADS } from "./offload_support.ts";

/** Node: over its own node:dgram. */
export function nodeBackend(): Backend {
  return {
    name: "node",
    capabilities: nodeCapabilities(),
    open,
    ...(isClusterWorker() ? { openShared } : {}),
  };
}

function open(options: OpenOptions, host: Host): Handle | WrongFdType | number {
  const bound = bindDgram(options);
  return bound instanceof EventEmitter ? new NodeHandle(bound, host) : bound;
}

/** Binds in a cluster worker the socket that the primary shares between the workers. */
function openShared(options: OpenOptions, host: Host, done: (result: Handle | number) => void): void {
  const { address, port, fd } = options;
  const socket = createDgram(options);
  const onError = (error: Error): void => {
    socket.removeListener("listening", onListening);
    socket.close();
    done(errnoOfDgram(error));
  };
  const onListening = (): void => {
    socket.removeListener("error", onError);
    done(new NodeHandle(socket, host));
  };
  socket.once("error", onError);
  socket.once("listening", onListening);
  socket.bind(fd === undefined ? { port, address } : { fd } as never);
}

const NEEDS_FFI =
  "needs libc through node:ffi: Node 26 on Linux, in part on macOS, and the module's ffi entry (@x/dgram/ffi)";

/** What node:dgram has no method for. */
export const ONLY_BY_FFI: readonly Optional[] = [
  "bindToDevice",
  "dontFragment",
  "pathMTU",
  "receiveInfo",
  "trafficClass",
];

function nodeCapabilities(): Capabilities {
  let reusePort: Support | undefined;
  const features: Capabilities["features"] = {
    ...featureTable({ ...sameFor(ONLY_BY_FFI, "unavailable"), ...WITHOUT_OFFLOADS, sendBatch: "emulated" }),
    get reusePort() {
      return (reusePort ??= detectReusePort()) ?? "unavailable";
    },
  };
  const notes: Capabilities["notes"] = {
    ...OFFLOAD_NOTES,
    ...sameFor(ONLY_BY_FFI, NEEDS_FFI),
    sendBatch: "node:dgram has no batches: one system call for each datagram",
    get reusePort() {
      return features.reusePort === "native" ? undefined : "needs Node 22.12 or later, on Linux or FreeBSD";
    },
  };
  return { runtime: "node", backend: "node", features, notes };
}

/** Older Nodes ignore the option, so that only a second bind shows whether it is there; if there can be one now. */
function detectReusePort(): Support | undefined {
  const options = { family: 4, address: "0.0.0.0", reuseAddr: false, reusePort: true, ipv6Only: false } as const;
  const first = bindDgram({ ...options, port: 0 });
  if (!(first instanceof EventEmitter)) return first === getErrno("ENOTSUP") ? "unavailable" : undefined;
  const second = bindDgram({ ...options, port: first.address().port });
  first.close();
  if (!(second instanceof EventEmitter)) return second === getErrno("EADDRINUSE") ? "unavailable" : undefined;
  second.close();
  return "native";
}
