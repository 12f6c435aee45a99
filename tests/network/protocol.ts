/** What the test and a host say to each other. */

/** A call of a method of a socket. */
export interface Order {
  readonly id: number;
  readonly socket: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** An error, as far as it can be told. */
export interface Told {
  readonly message: string;
  readonly code?: string;
  readonly errno?: number;
  readonly syscall?: string;
}

/** A datagram that was received. */
export interface Heard {
  /** Empty where it is long. */
  readonly text: string;
  readonly size: number;
  readonly address: string;
  readonly family: string;
  readonly port: number;
  /** Only if the socket was made with `receiveInfo`, as the next two. */
  readonly destination?: string;
  readonly hopLimit?: number;
  readonly interfaceIndex?: number;
}

/** The answer to an order, or an event. */
export type Report =
  | { readonly ready: true }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly thrown: Told }
  | { readonly socket: number; readonly event: "message"; readonly value: Heard }
  | { readonly socket: number; readonly event: "error"; readonly value: Told };
