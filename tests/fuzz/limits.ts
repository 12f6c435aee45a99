/**
 * Which calls a program leaves out, since node:dgram has a defect there that docs/deviations.md lists: by its number. They
 * are told by what is known without asking the module, so that they are the same everywhere.
 */
import type { Actor } from "./actor.ts";
import type { Op } from "./program.ts";

/** Methods in which Node trips over a closed socket's null, 110. */
const TRIPPING = new Set<string>([
  "connect",
  "disconnect",
  "setBroadcast",
  "setTTL",
  "setMulticastTTL",
  "setMulticastLoopback",
  "setRecvBufferSize",
  "setSendBufferSize",
  "getRecvBufferSize",
  "getSendBufferSize",
  "getSendQueueSize",
  "getSendQueueCount",
]);
/** What begins something that a close() that waits would have to undo, 106. */
const STARTING = new Set<string>(["close", "abort", "dispose", "connect", "connectSync", "send"]);
const CLOSED_CODES = ["ERR_SOCKET_DGRAM_NOT_RUNNING", "ERR_SOCKET_DGRAM_IS_CONNECTED", undefined];

/** What makes a difference to datagrams and errors that are on their way to the socket, or from it. */
const DECIDING = new Set<string>([
  "close",
  "abort",
  "dispose",
  "connect",
  "connectSync",
  "disconnect",
  "getSendQueueSize",
  "getSendQueueCount",
]);

/** Whether a patient program leaves the call out, which is made at a time that another socket decides if it is `foreign`. */
export function comesTooSoon(op: Op, self: Actor, to: Actor | undefined, foreign: boolean): boolean {
  if (op.call === "send" && foreign) return self.changing || Boolean(to?.changing);
  return DECIDING.has(op.call) && (foreign || self.sentBy.size > 0 || self.hasSent || self.hasSentToPeer);
}

/** The feature without which what comes of the call is another, or undefined. */
export function lackingFor(op: Op, self: Actor, to: Actor | undefined, lacking: readonly string[]): string | undefined {
  // A kernel takes a port that it has chosen away when it disconnects the socket.
  const isBind = op.call.startsWith("bind");
  const isAdrift = to?.adrift || self.adrift && /^(address|send)$/.test(op.call) || isBind && to?.connected;
  // What others have sent to it is told where nobody is its peer any more when it is read.
  const isSentTo = op.call === "disconnect" && self.sentBy.size > 0;
  if ((isAdrift || isSentTo) && lacking.includes("connect")) return "connect";
  // Whether it is closed already is not the same everywhere, nor is whether its port is free.
  const isLate = isBind ? to?.closing : op.call === "close" && self.closing;
  if (isLate && lacking.includes("closeInTurn")) return "closeInTurn";
  const mayBeRefused = self.connected ? !to?.hears(self) : self.connecting && !self.peer?.hears(self);
  return op.call === "send" && mayBeRefused && lacking.includes("icmpErrors") ? "icmpErrors" : undefined;
}

/** Why the call is left out, or undefined; `to` is where it sends to or is to connect to. */
export function deviation(op: Op, self: Actor, to: Actor | undefined): number | undefined {
  if (self.lost) return 107;
  if (self.closeWaits && !self.closed && STARTING.has(op.call)) return 106;
  switch (op.call) {
    case "close":
    case "abort":
    case "dispose":
      // The kernel's socket is bound by then, or will be.
      return self.hasSent ? 88 : undefined;
    case "addMembership":
    case "dropMembership":
    case "addSourceSpecificMembership":
    case "dropSourceSpecificMembership":
      return self.bound || self.closing && !self.closeWaits ? undefined : 47;
    case "connect":
    case "connectSync":
      if (self.closing && !self.bound) return 26;
      if (self.hasSent && (self.queued || self.calledBack)) return 147;
      return self.sentBy.size > 0 ? 62 : undefined;
    case "disconnect":
      return self.hasSent && self.hasSentToPeer ? 151 : undefined;
    case "send":
      if (self.narrow && op.message.size > 1000) return 109;
      return to?.connecting || self.connecting && self.peer?.connecting ? 62 : undefined;
    default:
      return undefined;
  }
}

/** Whether it is a connect() that ends in Node's TypeError, since a listener within it has closed the socket: 110. */
export const wasClosedWithin = (op: Op, self: Actor, before: boolean): boolean =>
  op.call === "connect" && self.closing && !before;

/** What Node throws, or this module where Node is wrong, for a call on a socket that has been closed: 26, 110. */
export function isOfClosed(op: Op, self: Actor, error: unknown): boolean {
  if (!self.closing || !TRIPPING.has(op.call)) return false;
  return CLOSED_CODES.includes((error as { code?: string }).code);
}
