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
import { openUnbound } from "../libc/numbers.ts";
import { putEpoll } from "../libc/stand_in.ts";
import { sameFor } from "../common/feature_table.ts";
import { ONLY_BY_FFI } from "./backend.ts";
import { bindDgram, udpWrapOf } from "./dgram.ts";
import { NodeHandle } from "./handle.ts";
import { NodeKernelHandle, type Waker } from "./kernel_handle.ts";
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
      open: (options, host) => open(libc, options, host),
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

function open(libc: Libc, options: OpenOptions, host: Host): Handle | WrongFdType | number {
  // libuv knows only a descriptor that it waits for: not one that is paused, or that libc receives from.
  if (options.fd !== undefined && isHeld(libc, options.fd)) return getErrno("EEXIST");
  if (options.receiveInfo && lacks(libc, "receiveInfo")) return UNAVAILABLE;
  const bound = bindDgram(options);
  if (!(bound instanceof EventEmitter)) return bound;
  const fd = udpWrapOf(bound)?.fd ?? -1;
  if (!libc.isUDP(fd)) {
    if (!options.receiveInfo) return new NodeHandle(bound, host);
    bound.close();
    return UNAVAILABLE;
  }
  const kernel = new Descriptor(libc, fd, options.family, false);
  const { pooledMessages, segmentation } = options;
  if (!needsControl(libc, options)) return new NodeKernelHandle(bound, kernel, host, { pooledMessages, segmentation });
  const woken = askForControl(libc, kernel, options) || openWaker(libc, fd);
  if (typeof woken !== "number") return new NodeKernelHandle(bound, kernel, host, options, woken);
  kernel.close();
  bound.close();
  return woken;
}

/** A socket that Node fails to read from whenever there is something to read from the one at `fd`; or an errno. */
function openWaker(libc: Libc, fd: number): Waker | number {
  const unbound = openUnbound(libc);
  if (unbound < 0) return unbound;
  const inner = bindDgram({ ...WAKER, fd: unbound });
  if (!(inner instanceof EventEmitter)) {
    libc.close(unbound);
    return typeof inner === "number" ? inner : UNAVAILABLE;
  }
  const standIn = putEpoll(libc, unbound, fd);
  if (typeof standIn !== "number") return { inner, standIn };
  inner.close();
  return standIn;
}

const WAKER = { family: 4, address: "", port: 0, reuseAddr: false, reusePort: false, ipv6Only: false } as const;
