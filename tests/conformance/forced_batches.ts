/**
 * This module with sends that leave in batches wherever they can, or never do. The handles of the runtime are changed
 * for it: what decides and what is told stay the module's own.
 */
import { capabilities } from "@x/dgram";
import type { Backend, Datagram, Handle } from "../../src/core/backend.ts";
import { Outbox } from "../../src/core/outbox.ts";
import { type Dgram, socketsOver } from "../../src/core/socket.ts";
import { nodeKernelBackend } from "../../src/runtimes/node_kernel.ts";
import { select } from "../../src/runtimes/select.ts";

/** `on`: all sends of a turn leave as one batch, a single one as a batch of one. `off`: each leaves on its own. */
export type Force = "on" | "off";

/** How datagrams left. */
export interface Batches {
  /** Calls that the handles' own `send` got. */
  singles: number;
  /** Calls that their own `sendBatch` got. */
  batches: number;
  /** Datagrams in the longest of those. */
  longest: number;
  /** The same, of those to the connected peer. */
  longestToPeer: number;
}

/** The module's two functions, and how what is sent by them left: true when all is sent. */
export function forcedSockets(force: Force): { readonly dgram: Dgram; readonly seen: Batches } {
  const seen: Batches = { singles: 0, batches: 0, longest: 0, longestToPeer: 0 };
  const selected = select();
  const backend = capabilities.backend === "node-ffi" ? nodeKernelBackend(selected) : selected;
  // A send to the connected peer leaves within its call otherwise.
  if (force === "on") Outbox.prototype.pushNow = Outbox.prototype.push;
  return { dgram: socketsOver(forced(backend, force, seen)), seen };
}

function forced(backend: Backend, force: Force, seen: Batches): Backend {
  return {
    name: backend.name,
    capabilities: backend.capabilities,
    open: (options, host) => {
      const opened = backend.open(options, host);
      if (typeof opened !== "number" && "sendBatch" in opened) change(opened, force, seen);
      return opened;
    },
  };
}

function change(handle: Handle, force: Force, seen: Batches): void {
  const single = handle.send.bind(handle);
  const batch = handle.sendBatch.bind(handle);
  const sendAlone = (datagram: Datagram): number => {
    seen.singles++;
    return single(datagram);
  };
  const sendTogether = (datagrams: readonly Datagram[], from: number, to: number): number => {
    seen.batches++;
    seen.longest = Math.max(seen.longest, to - from);
    if (datagrams[from].address === null) seen.longestToPeer = Math.max(seen.longestToPeer, to - from);
    return batch(datagrams, from, to);
  };
  handle.send = force === "on" ? (datagram) => sendTogether([datagram], 0, 1) : sendAlone;
  handle.sendBatch = force === "on" ? sendTogether : (datagrams, from) => sendAlone(datagrams[from]);
}
