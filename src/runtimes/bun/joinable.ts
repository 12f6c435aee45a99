import type { Descriptor } from "../libc/descriptor.ts";
import type { BunControlHandle } from "./control_handle.ts";
import type { Referenced } from "./room.ts";

/** Where the kernel's socket is while it is not Bun's to read it. */
export interface Parking {
  /** False for a message that is lost. */
  admits(size: number): boolean;
  /** Where it still receives: has it not do so. 0 or an errno. */
  again?(): number;
  /** Takes a pause back: undefined if Bun is not to have it, null if it has it; or a descriptor for it; or an errno. */
  end(): number | null | undefined;
  /** Closes the socket. */
  close(): void;
}

/** Where libc receives. */
export type JoinedParking = Parking & Referenced;

/** A socket of `Bun.udpSocket` from which libc may receive in place of Bun. */
export interface BunJoinable {
  readonly kernel: Descriptor | null;
  /** Bun receives, nothing that it has received is held, there is room for what is sent, and another can take its place. */
  readonly idle: boolean;
  /** Closes Bun's socket, and does without it; null once another is open. */
  park(joined: JoinedParking | null): void;
  /** Opens another socket of Bun's on the kernel's: 0 or an errno. */
  open(fd: number): number;
}

/** Has libc receive from the kernel's socket: an errno, or throws, where that can't be. */
export type OpenControl = (kernel: Descriptor) => BunControlHandle | number;
