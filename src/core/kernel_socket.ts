// The part of the contract that is for who counts, who adds control messages and who hands sockets over.
import type { Datagram, DatagramInfo, Family, MessageBuffer } from "./datagram.ts";

/** An ICMP error about a datagram that a socket has sent. */
export interface KernelIcmpError {
  /** Whose it is: "local" is this host's own. */
  readonly origin: "icmp" | "icmp6" | "local";
  /** The type of the ICMP message; 0 of a local one. */
  readonly icmpType: number;
  /** Its code; 0 of a local one. */
  readonly icmpCode: number;
  /** What the kernel makes of it: negative. */
  readonly errno: number;
  /** Who sent the message. */
  readonly offender: string | undefined;
  /** Where the datagram was to go. */
  readonly address: string;
  /** 0 if it is not known. */
  readonly port: number;
  /** The longest packet that goes on, in bytes. */
  readonly mtu: number | undefined;
  /** The beginning of the datagram's data, as it came back. */
  readonly data: MessageBuffer;
  /** When the message came, in nanoseconds since 1970. */
  readonly receivedAt: bigint | undefined;
}

/** A socket as the kernel has it. */
export interface KernelSocket {
  /** Its descriptor, or -1. */
  readonly fd: number;
  /** True if the descriptor still stands for this socket. */
  isOurs(): boolean;
  /** As of a `Handle`. Who counts may put functions of its own before these three. */
  send?(datagram: Datagram): number;
  /** As of a `Handle`. */
  sendBatch?(datagrams: readonly Datagram[], from: number, to: number): number;
  /** How many datagrams it put into `batch`, or an errno. */
  receive?(batch: never, limit?: number): number;
  /** Sets an option, on an IPv6 socket for IPv4 as well: 0 or an errno. There with `libc`. */
  setForBoth?(option: "dontFragment", value: number): number;
  /** There if the socket is asked by system calls. */
  readonly libc?: KernelCalls | undefined;
  /** The error that waits on the socket, taken away by asking: 0 or an errno. There with `libc`. */
  pendingError?(): number;
  /** What lets datagrams leave in rows of which the kernel makes one message; null if each leaves alone. */
  rows?: unknown;
  /** There if something has to end before another process or thread gets the socket; it begins again with `Handle.resume`. */
  beforeHandoff?(): void;
  /** There if nobody has to write control messages for it. As `send`. */
  sendInformed?(datagram: Datagram, info: DatagramInfo): number;
  /** There if its host is none of the system's: whether an address is that of all on a network. */
  isBroadcast?(address: string): boolean;
  /** True if an ICMP error that a receive tells is told by 'icmp' as well. */
  readonly tellsIcmp?: boolean;
  /** Has ICMP errors told, or by null not any more. There if nobody has to read a queue of them. */
  watchIcmp?(tell: ((error: KernelIcmpError) => void) | null): void;
  /** There if it is known otherwise: what waits to be received, what may wait, and what found no room; bytes, and datagrams. */
  memory?(): { readonly used: number; readonly size: number; readonly drops: number };
}

/** The system calls of a thread, as far as who counts needs them. */
export interface KernelCalls {
  /** The operating system. */
  readonly layout: { readonly name: string; readonly dontWait: number };
  /** True if sendmmsg and recvmmsg were seen to work. */
  readonly batches: boolean;
  /** How memory is handed over. */
  readonly binding: {
    pointer(memory: Uint8Array): unknown;
    address(memory: Uint8Array): bigint;
  };
  /** There if a bell wakes the runtime while libc receives: it does not ring for errors. */
  readonly openBell: unknown;
  /** Addresses as the kernel has them. */
  readonly addresses: {
    /** Writes a sockaddr: its size, or 0 for what is no such address. */
    write(family: Family, address: string, port: number, into: Uint8Array): number;
    /** 4 or 6, or 0 for what is neither. */
    family(from: Uint8Array): Family | 0;
    /** The address's text. */
    read(from: Uint8Array): string;
  };
  /** System calls that sent, and messages of several datagrams that the kernel cut. */
  readonly sending: { calls: number; readonly rows: number };
  /** System calls that received, and messages that the kernel had joined of several datagrams. */
  readonly receiving: { readonly calls: number; readonly joins: number };
  /** Memory of 320 bytes, for the time of a call. */
  readonly request: { readonly pointer: unknown; readonly view: DataView };
  /** Memory of 128 bytes, for the time of a call. */
  readonly name: { readonly pointer: unknown; readonly view: DataView };
  /** An int option's value, or an errno. */
  getOption(fd: number, level: number, name: number): number;
  /** 0 or an errno. */
  setOption(fd: number, level: number, name: number, value: number): number;
  /** The errno of the call that just failed, negative. */
  failure(): number;
  /** As the C library has it. */
  readonly calls: {
    /** 0, or -1. */
    getsockopt(fd: number, level: number, name: number, value: never, length: never): number;
    /** How many messages were taken, or -1. */
    sendmmsg(fd: number, messages: never, count: number, flags: number): number;
    /** The length of a message, or -1. */
    recvmsg(fd: number, message: never, flags: number): number;
  };
}
