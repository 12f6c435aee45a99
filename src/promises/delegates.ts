import type { AddressInfo } from "../core/backend.ts";
import type { Socket } from "../core/types.ts";

/** The members that do just what those of `node:dgram` do. They throw, as there, and give no promise. */
export class SocketDelegates {
  /** The socket below. */
  readonly raw: Socket;

  /**
   * Passes calls on to a socket.
   *
   * @param raw the socket
   */
  constructor(raw: Socket) {
    this.raw = raw;
  }

  /**
   * The local end.
   *
   * @returns its address, family and port
   * @throws {Error} ERR_SOCKET_DGRAM_NOT_RUNNING when closed
   */
  address(): AddressInfo {
    return this.raw.address();
  }

  /** Lets the open socket keep the process alive again. */
  ref(): this {
    this.raw.ref();
    return this;
  }

  /** Lets the process end though the socket is open. */
  unref(): this {
    this.raw.unref();
    return this;
  }

  /**
   * Joins a multicast group.
   *
   * @param group its address
   * @param through the address of the local interface (`::%scope` over IPv6); the system's choice if left out
   * @throws {Error} EINVAL, ENODEV, EADDRINUSE (joined already) and others of the system call
   */
  addMembership(group: string, through?: string): void {
    this.raw.addMembership(group, through);
  }

  /**
   * Leaves a multicast group; closing does so too.
   *
   * @param group its address
   * @param through the interface it was joined through
   * @throws {Error} EADDRNOTAVAIL when it is not joined
   */
  dropMembership(group: string, through?: string): void {
    this.raw.dropMembership(group, through);
  }

  /**
   * Joins a multicast group for the datagrams of one sender.
   *
   * @param source the sender's address
   * @param group the group's address
   * @param through the address of the local interface; the system's choice if left out
   * @throws {Error} EINVAL and others of the system call
   */
  addSourceSpecificMembership(source: string, group: string, through?: string): void {
    this.raw.addSourceSpecificMembership(source, group, through);
  }

  /**
   * Leaves what `addSourceSpecificMembership` joined.
   *
   * @param source the sender's address
   * @param group the group's address
   * @param through the interface it was joined through
   * @throws {Error} EADDRNOTAVAIL when it is not joined
   */
  dropSourceSpecificMembership(source: string, group: string, through?: string): void {
    this.raw.dropSourceSpecificMembership(source, group, through);
  }

  /**
   * Allows sending to broadcast addresses.
   *
   * @param flag true to allow it
   */
  setBroadcast(flag: boolean): void {
    this.raw.setBroadcast(flag);
  }

  /**
   * Sets the time to live, or hop limit, of datagrams to one host.
   *
   * @param ttl 1 to 255
   * @returns the same
   * @throws {Error} EINVAL out of that range
   */
  setTTL(ttl: number): number {
    return this.raw.setTTL(ttl);
  }

  /**
   * Sets the time to live, or hop limit, of multicast datagrams.
   *
   * @param ttl 0 to 255
   * @returns the same
   * @throws {Error} EINVAL out of that range
   */
  setMulticastTTL(ttl: number): number {
    return this.raw.setMulticastTTL(ttl);
  }

  /**
   * Says whether this host hears the multicast datagrams that it sends itself.
   *
   * @param flag true to hear them, as at the beginning
   * @returns the same
   */
  setMulticastLoopback(flag: boolean): boolean {
    return this.raw.setMulticastLoopback(flag);
  }

  /**
   * Chooses the interface that multicast datagrams leave by.
   *
   * @param address the address of a local interface; over IPv6 `::%scope`
   * @throws {Error} EINVAL, EADDRNOTAVAIL and others of the system call
   */
  setMulticastInterface(address: string): void {
    this.raw.setMulticastInterface(address);
  }

  /**
   * Sets SO_RCVBUF, the size of the kernel's buffer of received datagrams.
   *
   * @param size bytes; the kernel may allow less
   * @throws {Error} ERR_SOCKET_BAD_BUFFER_SIZE, ERR_SOCKET_BUFFER_SIZE, ERR_FEATURE_UNAVAILABLE_ON_PLATFORM
   */
  setRecvBufferSize(size: number): void {
    this.raw.setRecvBufferSize(size);
  }

  /**
   * Sets SO_SNDBUF, the size of the kernel's buffer of datagrams to be sent.
   *
   * @param size bytes; the kernel may allow less
   * @throws {Error} ERR_SOCKET_BAD_BUFFER_SIZE, ERR_SOCKET_BUFFER_SIZE, ERR_FEATURE_UNAVAILABLE_ON_PLATFORM
   */
  setSendBufferSize(size: number): void {
    this.raw.setSendBufferSize(size);
  }

  /**
   * Reads SO_RCVBUF.
   *
   * @returns bytes; on Linux twice what was set
   * @throws {Error} ERR_SOCKET_BUFFER_SIZE, ERR_FEATURE_UNAVAILABLE_ON_PLATFORM
   */
  getRecvBufferSize(): number {
    return this.raw.getRecvBufferSize();
  }

  /**
   * Reads SO_SNDBUF.
   *
   * @returns bytes; on Linux twice what was set
   * @throws {Error} ERR_SOCKET_BUFFER_SIZE, ERR_FEATURE_UNAVAILABLE_ON_PLATFORM
   */
  getSendBufferSize(): number {
    return this.raw.getSendBufferSize();
  }

  /**
   * How much waits to be sent since the kernel has no room.
   *
   * @returns bytes
   */
  getSendQueueSize(): number {
    return this.raw.getSendQueueSize();
  }

  /**
   * How many datagrams wait to be sent since the kernel has no room.
   *
   * @returns their number
   */
  getSendQueueCount(): number {
    return this.raw.getSendQueueCount();
  }
}
