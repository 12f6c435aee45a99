import { EventEmitter } from "node:events";
import {
  type Backend,
  type Capabilities,
  type Feature,
  type Handle,
  type Host,
  type OpenOptions,
  UNAVAILABLE,
  type WrongFdType,
} from "../core/backend.ts";
import { Descriptor } from "./libc/descriptor.ts";
import { isLibc, loadLibc } from "./libc/load.ts";
import type { Libc } from "./libc/libc.ts";
import { standInWithEpoll } from "./libc/stand_in.ts";
import { sameFor } from "./feature_table.ts";
import { ONLY_BY_FFI } from "./node.ts";
import { bindDgram, udpWrapOf } from "./node_dgram.ts";
import { NodeHandle } from "./node_handle.ts";
import { NodeKernelHandle } from "./node_kernel_handle.ts";
import { showOffloads } from "./offload_support.ts";
import { needsControl, withControl } from "./receive_info.ts";

/** Node with libc through node:ffi: batches, and node:dgram's waiting. Where that is not there, what is without it. */
export function nodeKernelBackend(without: Backend): Backend {
  const libc = loadLibc("node");
  if (isLibc(libc) && libc.batches) {
    return {
      ...without,
      name: "node-ffi",
      capabilities: nodeKernelCapabilities(libc, without.capabilities),
      open: (options, host) => open(libc, options, host),
    };
  }
  const sendBatch = isLibc(libc) ? "there is no sendmmsg here" : libc.absent;
  const { capabilities } = without;
  return { ...without, capabilities: { ...capabilities, notes: copy(capabilities.notes, { sendBatch }) } };
}

const ADDED: readonly Feature[] = [...ONLY_BY_FFI, "sendBatch"];

function nodeKernelCapabilities(libc: Libc, without: Capabilities): Capabilities {
  const features = copy(without.features, sameFor(ADDED, "native"));
  const notes = copy(without.notes, sameFor(ADDED, undefined));
  showOffloads(features, notes, libc);
  return { runtime: "node", backend: "node-ffi", features, notes };
}

/** A copy that asks for nothing which is looked at only when somebody asks. */
function copy<T extends object>(original: T, changes: { [K in keyof T]?: unknown }): Mutable<T> {
  const all = { ...Object.getOwnPropertyDescriptors(original), ...Object.getOwnPropertyDescriptors(changes) };
  return Object.defineProperties({}, all) as Mutable<T>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function open(libc: Libc, options: OpenOptions, host: Host): Handle | WrongFdType | number {
  const bound = bindDgram(options);
  if (!(bound instanceof EventEmitter)) return bound;
  const fd = udpWrapOf(bound)?.fd ?? -1;
  if (!libc.isUDP(fd)) {
    if (!options.receiveInfo) return new NodeHandle(bound, host);
    bound.close();
    return UNAVAILABLE;
  }
  if (needsControl(libc, options)) {
    const moved = withControl(libc, fd, options.family, options, standInWithEpoll);
    if (typeof moved !== "number") return new NodeKernelHandle(bound, moved.kernel, host, moved.standIn, options);
    bound.close();
    return moved;
  }
  const { family, pooledMessages } = options;
  return new NodeKernelHandle(bound, new Descriptor(libc, fd, family, false), host, null, { pooledMessages });
}
