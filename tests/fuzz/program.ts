/** A program of calls on several sockets, as plain data: what tests/fuzz plays on every dgram module. */

/** A socket by its place in the program; in traces they are a, b, c and d. */
export type Place = number;

/** A port: as it is, that of another socket, or that from which the last datagram came. */
export type Port = number | string | null | { readonly of: Place } | "sender";

/** What a callback does after it has been recorded. */
export interface Then {
  readonly ops: readonly Op[];
  readonly throws: boolean;
}

/** What is sent. `size` is for those that have one; each begins with a number that no other has. */
export interface Message {
  readonly kind: "text" | "buffer" | "view" | "list" | "empty" | "nothing" | "number" | "bad list";
  readonly size: number;
}

/** How a send's destination is written; "auto" is what the socket's state asks for. */
export type SendForm = "auto" | "peer" | "port" | "address" | "range" | "range to peer";

/** Methods that take at most one value, and tell or set something. */
export type Asking =
  | "address"
  | "remoteAddress"
  | "getRecvBufferSize"
  | "getSendBufferSize"
  | "getSendQueueCount"
  | "getSendQueueSize"
  | "ref"
  | "unref"
  | "setBroadcast"
  | "setTTL"
  | "setMulticastTTL"
  | "setMulticastLoopback"
  | "setMulticastInterface"
  | "setRecvBufferSize"
  | "setSendBufferSize";

/** Methods of groups. */
export type Joining =
  | "addMembership"
  | "dropMembership"
  | "addSourceSpecificMembership"
  | "dropSourceSpecificMembership";

/** One call; what it sends begins with its number, which no other of the program has. */
export type Op =
  & { readonly on: Place; readonly number?: number }
  & (
    | {
      readonly call: "bind";
      readonly port: Port;
      readonly address?: string;
      readonly form: "arguments" | "options";
      readonly callback?: Then;
    }
    | { readonly call: "bindSync"; readonly port: Port; readonly address?: string }
    | { readonly call: "connect"; readonly port: Port; readonly address?: string; readonly callback?: Then }
    | { readonly call: "connectSync"; readonly port: Port; readonly address?: string }
    | { readonly call: "disconnect" | "abort" | "dispose" }
    | {
      readonly call: "send";
      readonly message: Message;
      readonly form: SendForm;
      readonly port: Port;
      readonly address?: string;
      readonly callback?: Then;
    }
    | { readonly call: "close"; readonly callback?: Then }
    | {
      readonly call: "sendMany";
      readonly messages: readonly (Message & { readonly segmentSize?: number })[];
      readonly form: "auto" | "peer" | "address";
      readonly port: Port;
      readonly address?: string;
    }
    | { readonly call: "pause" | "resume" }
    | { readonly call: Asking; readonly value?: unknown }
    | { readonly call: Joining; readonly values: readonly (string | undefined)[] }
  );

/** The events of a socket. */
export type Event = "listening" | "connect" | "message" | "error" | "close";

/** What the nth event of a kind leads to. */
export interface Reaction extends Then {
  readonly event: Event;
  readonly nth: number;
}

/** How a socket is made. */
export interface Plan {
  readonly type: "udp4" | "udp6";
  readonly reuseAddr: boolean;
  /** When a look-up of its own answers; "none" is the module's. */
  readonly lookup: "none" | "at once" | "tick" | "immediate";
  /** Made with a signal. */
  readonly signal: boolean;
  /** 'error' has a listener. */
  readonly heard: boolean;
  readonly reactions: readonly Reaction[];
}

/** What comes between a turn and the next. */
export type Rest = "quiet" | "tick" | "microtask" | "immediate" | "none";

/** Calls that are made without a break. */
export interface Turn {
  readonly ops: readonly Op[];
  readonly then: Rest;
}

/** A whole program. All sockets are made before, and closed after it. */
export interface Program {
  /** node:dgram can't play it, which lacks some of its methods: nothing is left out for its defects, either. */
  readonly own?: boolean;
  /** Every turn waits for what the one before has sent, and no socket is closed or connected meanwhile. */
  readonly patient?: boolean;
  /** What depends on these features of `capabilities`, and is not refused by name, is left out. */
  readonly lacking?: readonly string[];
  readonly sockets: readonly Plan[];
  readonly turns: readonly Turn[];
}
