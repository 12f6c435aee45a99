import { EventEmitter } from "../../core/event_emitter.ts";
import type { Backend, Capabilities, Handle, Host, OpenOptions, WrongFdType } from "../../core/backend.ts";
import { systemCallError } from "../../core/errors.ts";
import { isClusterWorker } from "../common/cluster_worker.ts";
import { featureTable, sameFor } from "../common/feature_table.ts";
import { isShortage } from "../libc/error_numbers.ts";
import { bindDgram, createDgram, errnoOfDgram } from "./dgram.ts";
import { NodeHandle } from "./handle.ts";
import { isWindows, NOT_ON_WINDOWS } from "../common/platform.ts";
import type { Optional } from "../kernel/optional_features.ts";
import { ONE_BY_ONE } from "../kernel/offload_support.ts";

/** Node: over its own node:dgram. */
export function nodeBackend(): Backend {
  return {
    name: "node",
    capabilities: nodeCapabilities(),
    open,
    // Its failure would be told to the primary alone, as an 'error' that ends it (Node 26.10).
    ...(isClusterWorker() && !isWindows() ? { openShared } : {}),
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
    socket.off("listening", onListening);
    socket.close();
    done(errnoOfDgram(error));
  };
  const onListening = (): void => {
    socket.off("error", onError);
    const handle = new NodeHandle(socket, host);
    const { close } = socket;
    // The cluster module closes the shared sockets of a worker that leaves: what waits is not sent to a closed one.
    socket.close = (done) => {
      handle.closedBelow();
      return close.call(socket, done);
    };
    done(handle);
  };
  socket.once("error", onError);
  socket.once("listening", onListening);
  socket.bind(fd === undefined ? { port, address } : { fd } as never);
}

const NEEDS_FFI = "needs @x/dgram/ffi, on Node 26 or with the package koffi: on Linux, and on macOS in part";

/** What node:dgram has no method for. */
export const ONLY_BY_FFI: readonly Optional[] = [
  "bindToDevice",
  "dontFragment",
  "pathMTU",
  "receiveInfo",
  "trafficClass",
];

/** What it does one by one. */
const EMULATED = ["receiveOffload", "sendBatch", "sendOffload"] as const;

function nodeCapabilities(): Capabilities {
  let errno: number | undefined;
  const reusePort = (): string | undefined => {
    if (errno === undefined || isShortage(errno)) errno = findReusePort();
    if (errno === 0) return;
    const { code, message } = systemCallError(errno, "bind");
    // Node before 22.12 ignores the option.
    return ["ENOTSUP", "EADDRINUSE"].includes(code) ? "needs Node 22.12 or later, on Linux or FreeBSD" : message;
  };
  const onlyElsewhere = isWindows() ? NOT_ON_WINDOWS : [];
  return {
    runtime: "node",
    backend: "node",
    features: {
      ...featureTable({
        ...sameFor([...ONLY_BY_FFI, ...onlyElsewhere], "unavailable"),
        ...sameFor(EMULATED, "emulated"),
      }),
      get reusePort() {
        return reusePort() === undefined ? "native" : "unavailable";
      },
    },
    notes: {
      ...sameFor(EMULATED, ONE_BY_ONE),
      ...sameFor(ONLY_BY_FFI, NEEDS_FFI),
      ...sameFor(onlyElsewhere, "libuv has none on Windows"),
      get reusePort() {
        return reusePort();
      },
    },
  };
}

/** 0 if a port can be shared, or why not: an errno. Only a second socket at the first one's port shows it. */
function findReusePort(port = 0): number {
  const bound = bindDgram({ family: 4, address: "0.0.0.0", port, reusePort: true });
  if (!(bound instanceof EventEmitter)) return bound as number;
  const errno = port === 0 ? findReusePort(bound.address().port) : 0;
  bound.close();
  return errno;
}
