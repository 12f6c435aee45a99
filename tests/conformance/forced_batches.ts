/**
 * This module with sends that leave in batches wherever they can, or never do, and with receives that take all that
 * waits, or one at a time. The handles of the runtime are changed for it: what decides and what is told stay the
 * module's own.
 */
import { capabilities } from "@x/dgram";
import type { Datagram, Handle } from "../../src/core/backend.ts";
import { Outbox } from "../../src/core/outbox.ts";
import type { Outgoing } from "../../src/core/outgoing.ts";
import { type Dgram, socketsOver } from "../../src/core/socket.ts";
import { Descriptor } from "../../src/runtimes/libc/descriptor.ts";
import { Rows } from "../../src/runtimes/libc/rows.ts";
import { lazyBackend } from "../../src/runtimes/common/lazy_backend.ts";
import { HABIT, type SawMany } from "../../src/runtimes/kernel/runs.ts";
import { nodeKernelBackend } from "../../src/runtimes/node/kernel_backend.ts";
import { select } from "../../src/runtimes/select.ts";

/** `on`: all sends of a turn leave as one batch, a single one as a batch of one. `off`: each leaves on its own. */
export type Force = "on" | "off";

/** How libc receives. */
export interface ForceReceives {
  /** The most datagrams that one call takes. */
  readonly limit: number;
  /** The runtime's own socket receives nothing: it only wakes, as where joined datagrams are asked for. */
  readonly alone: boolean;
}

/** What is forced. */
export interface Forced {
  readonly sends?: Force;
  readonly receives?: ForceReceives;
  /** Of all sockets. */
  readonly segmentation?: "auto" | "off";
  /** Each socket has the kernel join what it receives as soon as it can. */
  readonly joined?: boolean;
  /** Scenarios that are to differ then: what their deviations deliver is not waited for, since it may never come. */
  readonly others?: readonly string[];
}

/** How datagrams left and came. */
export interface Batches {
  /** Calls that the handles' own `send` got. */
  singles: number;
  /** Calls that their own `sendBatch` got. */
  batches: number;
  /** Datagrams in the longest of those. */
  longest: number;
  /** The same, of those to the connected peer. */
  longestToPeer: number;
  /** Datagrams that another followed in one message, which the kernel cut. */
  rows: number;
  /** Datagrams that libc received. */
  received: number;
  /** The most of them in one call. */
  mostReceived: number;
  /** Sockets that the kernel joined datagrams for when they were closed. */
  joined: number;
}

/** The module's two functions, and how what is sent and received by them travels. */
export function forcedSockets(
  { sends, receives, segmentation, joined }: Forced,
): { readonly dgram: Dgram; readonly seen: Batches } {
  const sent = { singles: 0, batches: 0, longest: 0, longestToPeer: 0, rows: 0 };
  const seen: Batches = { ...sent, received: 0, mostReceived: 0, joined: 0 };
  const selected = select();
  const backend = capabilities.backend === "node-ffi" ? lazyBackend(() => nodeKernelBackend(selected)) : selected;
  // A send to the connected peer leaves within its call otherwise.
  if (sends === "on") Outbox.prototype.pushNow = pushInstead;
  if (receives !== undefined) receiveBy(receives.limit, seen);
  countRows(seen);
  return {
    dgram: socketsOver({
      name: backend.name,
      capabilities: backend.capabilities,
      open: (options, host) => {
        const alone = receives?.alone ? { receiveOffload: true } : {};
        const opened = backend.open({ ...options, ...alone, ...(segmentation && { segmentation }) }, host);
        if (sends !== undefined && typeof opened !== "number" && "sendBatch" in opened) change(opened, sends, seen);
        if (joined && typeof opened !== "number" && "sendBatch" in opened) joinSoon(opened, seen);
        return opened;
      },
    }),
    seen,
  };
}

/** As if the socket had been sent many runs. */
function joinSoon(handle: Handle & { readonly sawMany?: SawMany | null }, seen: Batches): void {
  for (let i = 0; i < HABIT; i++) handle.sawMany?.({ address: "127.0.0.1", family: "IPv4", port: 1, size: 1 });
  const close = handle.close.bind(handle);
  handle.close = (done) => {
    if ((handle.kernel as Descriptor | null)?.get("receiveOffload") === 1) seen.joined++;
    close(done);
  };
}

function countRows(seen: Batches): void {
  const take = Rows.prototype.take;
  Rows.prototype.take = function (size) {
    const taken = take.call(this, size);
    if (taken) seen.rows++;
    return taken;
  };
}

function receiveBy(limit: number, seen: Batches): void {
  const receive = Descriptor.prototype.receive;
  Descriptor.prototype.receive = function (batch) {
    const count = receive.call(this, batch, limit);
    seen.received += Math.max(count, 0);
    seen.mostReceived = Math.max(seen.mostReceived, count);
    return count;
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

/** Whoever calls pushNow() asks for the callback, and push() does so for the first of a turn. */
function pushInstead(this: Outbox, outgoing: Outgoing): void {
  const isFirst = this.push(outgoing);
  // As pushNow() does: it waits for its turn, and no longer for a look-up.
  this.giveUp(outgoing);
  this.admit(outgoing);
  if (!isFirst) return;
  const { watch } = outgoing;
  outgoing.watch = (left, ...ofPush) => ofPush.length > 0 ? undefined : watch.call(outgoing, left);
}
