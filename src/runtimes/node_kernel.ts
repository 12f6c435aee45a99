import { EventEmitter } from "node:events";
import {
  type Backend,
  type Capabilities,
  type Feature,
  type Handle,
  type Host,
  type OpenOptions,
  type Support,
  UNAVAILABLE,
  type WrongFdType,
} from "../core/backend.ts";
import { Descriptor } from "./libc/descriptor.ts";
import { isLibc, loadLibc } from "./libc/load.ts";
import type { Libc } from "./libc/libc.ts";
import { standInWithEpoll } from "./libc/stand_in.ts";
import { bindDgram, udpWrapOf } from "./node_dgram.ts";
import { NodeHandle } from "./node_handle.ts";
import { NodeKernelHandle } from "./node_kernel_handle.ts";
import { withReceiveInfo } from "./receive_info.ts";

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
      features: { ...features, ...supported(libc), sendBatch: "native" },
      notes: { ...notes, sendBatch: undefined, ...(libc.layout.linux === null ? {} : NO_NOTES) },
    },
    open: (options, host) => open(libc, options, host),
  };
}

const NO_NOTES: Capabilities["notes"] = {
  bindToDevice: undefined,
  dontFragment: undefined,
  pathMTU: undefined,
  receiveInfo: undefined,
  trafficClass: undefined,
};

/** What node:dgram has no method for. */
function supported(libc: Libc): Partial<Record<Feature, Support>> {
  if (libc.layout.linux === null) return {};
  return {
    bindToDevice: "native",
    dontFragment: "native",
    pathMTU: "native",
    receiveInfo: "native",
    trafficClass: "native",
  };
}

function open(libc: Libc, options: OpenOptions, host: Host): Handle | WrongFdType | number {
  const bound = bindDgram(options);
  if (!(bound instanceof EventEmitter)) return bound;
  const fd = udpWrapOf(bound)?.fd ?? -1;
  if (!libc.isUDP(fd)) {
    if (!options.receiveInfo) return new NodeHandle(bound, host);
    bound.close();
    return UNAVAILABLE;
  }
  if (options.receiveInfo) {
    const moved = withReceiveInfo(libc, fd, options.family, standInWithEpoll);
    if (typeof moved !== "number") return new NodeKernelHandle(bound, moved.kernel, host, moved.standIn);
    bound.close();
    return moved;
  }
  return new NodeKernelHandle(bound, new Descriptor(libc, fd, options.family, false), host);
}
