import {
  ACCESS_DENIED,
  type AddressInfo,
  type Datagram,
  type Family,
  type Host,
  type OpenOptions,
  UNAVAILABLE,
} from "../../core/backend.ts";
import { GuardedHost } from "../common/guard.ts";
import { EmulatedConnection } from "./connection.ts";
import { mayUseHost } from "./permissions.ts";
import { routeErrno } from "./route.ts";
import { LinkLocalScope } from "./scope.ts";
import { DenoSender } from "./sender.ts";

/** A socket of either of Deno's APIs: datagrams leave one at a time, and a connection is emulated. */
export abstract class DenoSendingHandle {
  readonly deferred = true;
  readonly serial = true;
  /** For calls from a promise chain of Deno's, which would swallow an exception. */
  protected readonly guarded: Host;
  protected readonly family: Family;
  protected readonly scope: LinkLocalScope;
  protected readonly connection: EmulatedConnection = new EmulatedConnection();
  protected readonly sender: DenoSender;
  protected broadcast = false;

  /** @param address as it was asked for, whose scope Deno does not tell; "" if none was */
  constructor(family: Family, address: OpenOptions["address"], host: Host) {
    this.guarded = new GuardedHost(host);
    this.family = family;
    this.scope = new LinkLocalScope(address);
    this.sender = new DenoSender(
      {
        carry: (data, to, port) => this.carry(data, to, port),
        routeErrno: (to) => routeErrno(to, this.broadcast, this.bound()),
      },
      this.guarded,
      family,
    );
  }

  get queueSize(): number {
    return this.sender.size;
  }

  get queueCount(): number {
    return this.sender.count;
  }

  remoteAddress(): AddressInfo | number {
    return this.connection.remoteAddress();
  }

  send(datagram: Datagram): number {
    return this.sender.send(datagram, this.connection);
  }

  sendBatch(datagrams: readonly Datagram[], from: number, _to: number): number {
    return this.send(datagrams[from]);
  }

  connect(address: string, port: number): number {
    if (!mayUseHost(address, port)) return ACCESS_DENIED;
    return this.connection.connect(address, port, this.bound(), this.broadcast);
  }

  disconnect(): number {
    this.connection.disconnect();
    return 0;
  }

  get(_option: "recvBufferSize" | "sendBufferSize"): number {
    return UNAVAILABLE;
  }

  /** Deno 2.9.5 goes on sending after close() (listenDatagram), and ends the process no earlier. */
  cancel(): void {
    this.sender.cancel();
  }

  /** The address that it is bound to. */
  protected abstract bound(): string;

  /** Has Deno send these bytes, which it returns as it keeps them; `DenoSender.ended` tells how that ended. */
  protected abstract carry(data: Uint8Array, address: string, port: number): Uint8Array;
}
