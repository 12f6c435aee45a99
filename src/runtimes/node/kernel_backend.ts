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
} from "../../core/backend.ts";
import { getErrno } from "../../core/errors.ts";
import { Descriptor, isHeld } from "../libc/descriptor.ts";
import { nodeLibc } from "./libc.ts";
import { isLibc } from "../libc/load.ts";
import type { Passing } from "../common/lazy_backend.ts";
import type { Libc } from "../libc/libc.ts";
import { sameFor } from "../common/feature_table.ts";
import { ONLY_BY_FFI } from "./backend.ts";
import { bindDgram, udpWrapOf } from "./dgram.ts";
import { NodeKernelHandle } from "./kernel_handle.ts";
import { openWaker } from "./waker.ts";
import { showBatches, showOffloads } from "../kernel/offload_support.ts";
import { lacks, showOptional } from "../kernel/optional_features.ts";
import { askForControl, needsControl } from "../kernel/receive_info.ts";

/**
 * Node with libc through node:ffi: options that node:dgram has not, and batches on Linux; with node:dgram's waiting.
 * Where that is not there, what is without it.
 */
export function nodeKernelBackend(without: Backend): Backend | Passing {
  const libc = nodeLibc();
  if (isLibc(libc)) {
    return {
      ...without,
      name: "node-ffi",
      capabilities: nodeKernelCapabilities(libc, without.capabilities),
      open: (options, host) => open(libc, without, options, host),
    };
  }
  const why = sameFor(ADDED, `needs libc through node:ffi (${libc.absent})`);
  const { capabilities } = without;
  const backend = { ...without, capabilities: { ...capabilities, notes: copy(capabilities.notes, why) } };
  return libc.passing ? { passing: backend } : backend;
}

const ADDED: readonly Feature[] = [...ONLY_BY_FFI, "sendBatch"];

function nodeKernelCapabilities(libc: Libc, without: Capabilities): Capabilities {
  const features = copy(without.features, sameFor(ADDED, "native"));
  const notes = copy(without.notes, sameFor(ADDED, undefined));
  showOffloads(features, notes, libc);
  showBatches(features, notes, libc);
  // Whether ports can be shared depends on Node, too.
  showOptional(features, notes, libc, ["reusePort"]);
  return { runtime: "node", backend: "node-ffi", features, notes };
}

/** A copy that asks for nothing which is looked at only when somebody asks. */
function copy<T extends object>(original: T, changes: { [K in keyof T]?: unknown }): Mutable<T> {
  const all = { ...Object.getOwnPropertyDescriptors(original), ...Object.getOwnPropertyDescriptors(changes) };
  return Object.defineProperties({}, all) as Mutable<T>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function open(libc: Libc, without: Backend, options: OpenOptions, host: Host): Handle | WrongFdType | number {
  if (options.fd !== undefined) {
    // libuv knows only a descriptor that it waits for: not one that is paused, or that libc receives from.
    if (isHeld(libc, options.fd)) return getErrno("EEXIST");
    if (!options.receiveInfo && !libc.isUDP(options.fd)) return without.open(options, host);
  }
  if (options.receiveInfo && lacks(libc, "receiveInfo")) return UNAVAILABLE;
  const bound = bindDgram(options);
  if (!(bound instanceof EventEmitter)) return bound;
  const fd = udpWrapOf(bound)?.fd ?? -1;
  if (!libc.isUDP(fd)) {
    bound.close();
    return options.receiveInfo ? UNAVAILABLE : without.open(options, host);
  }
  const kernel = new Descriptor(libc, fd, options.family, false);
  if (!needsControl(libc, options)) return new NodeKernelHandle(bound, kernel, host, options);
  const woken = askForControl(libc, kernel, options) || openWaker(libc, fd);
  if (typeof woken !== "number") return new NodeKernelHandle(bound, kernel, host, options, woken);
  kernel.close();
  bound.close();
  return woken;
}
