import { EventEmitter } from "node:events";
import type { Backend, Handle, Host, OpenOptions, WrongFdType } from "../core/backend.ts";
import { Descriptor } from "./libc/descriptor.ts";
import { isLibc, loadLibc } from "./libc/load.ts";
import type { Libc } from "./libc/libc.ts";
import { bindDgram, udpWrapOf } from "./node_dgram.ts";
import { NodeHandle } from "./node_handle.ts";
import { NodeKernelHandle } from "./node_kernel_handle.ts";

/** Node with libc through node:ffi: batches, and node:dgram's waiting. Where that is not there, what is without it. */
export function nodeKernelBackend(without: Backend): Backend {
  const libc = loadLibc("node");
  const { features, notes } = without.capabilities;
  if (!isLibc(libc)) {
    return { ...without, capabilities: { ...without.capabilities, notes: { ...notes, sendBatch: libc.absent } } };
  }
  return {
    ...without,
    name: "node-ffi",
    capabilities: {
      runtime: "node",
      backend: "node-ffi",
      features: { ...features, sendBatch: "native" },
      notes: { ...notes, sendBatch: undefined },
    },
    open: (options, host) => open(libc, options, host),
  };
}

function open(libc: Libc, options: OpenOptions, host: Host): Handle | WrongFdType | number {
  const bound = bindDgram(options);
  if (!(bound instanceof EventEmitter)) return bound;
  const fd = udpWrapOf(bound)?.fd ?? -1;
  if (!libc.isUDP(fd)) return new NodeHandle(bound, host);
  return new NodeKernelHandle(bound, new Descriptor(libc, fd, options.family, false), host);
}
