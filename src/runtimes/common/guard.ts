import { throwLater } from "../../core/process.ts";
import type { Datagram, Host, MessageBuffer, RemoteInfo } from "../../core/backend.ts";

/** `Host.sent` as a tick's callback. */
export function tellSent(host: Host, datagram: Datagram, result: number): void {
  host.sent(datagram, result);
}

/**
 * A host whose calls never throw: what the user's listeners throw is raised on the next tick. In a runtime's own promise
 * chain or handler it would be swallowed, and could end the receiving (Deno 2.9.5, Bun 1.4.5).
 */
export class GuardedHost implements Host {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  message(data: MessageBuffer, from: RemoteInfo): void {
    try {
      this.#host.message(data, from);
    } catch (error) {
      throwLater(error);
    }
  }

  sent(datagram: Datagram, result: number): void {
    try {
      this.#host.sent(datagram, result);
    } catch (error) {
      throwLater(error);
    }
  }

  drained(): void {
    try {
      this.#host.drained();
    } catch (error) {
      throwLater(error);
    }
  }

  receiveError(errno: number, syscall: string): void {
    try {
      this.#host.receiveError(errno, syscall);
    } catch (error) {
      throwLater(error);
    }
  }

  closed(): void {
    try {
      this.#host.closed();
    } catch (error) {
      throwLater(error);
    }
  }
}
