import type { Family, RemoteInfo } from "../core/backend.ts";
import type { ControlInfo } from "./libc/control_messages.ts";
import { Descriptor } from "./libc/descriptor.ts";
import type { Libc } from "./libc/libc.ts";
import type { StandIn } from "./libc/stand_in.ts";

const ECN_BITS = 3;

/** A socket from which libc receives alone, and what wakes its runtime. */
export interface SocketWithInfo {
  readonly kernel: Descriptor;
  readonly standIn: StandIn;
}

/** Asks for it, and moves the socket to where libc can read it first; or an errno. */
export function withReceiveInfo(
  libc: Libc,
  fd: number,
  family: Family,
  replace: (libc: Libc, fd: number) => StandIn | number,
): SocketWithInfo | number {
  const errno = askForReceiveInfo(new Descriptor(libc, fd, family, false));
  return errno < 0 ? errno : withStandIn(libc, fd, family, replace);
}

/** Moves the socket to where libc can read it first; or an errno. */
export function withStandIn(
  libc: Libc,
  fd: number,
  family: Family,
  replace: (libc: Libc, fd: number) => StandIn | number,
): SocketWithInfo | number {
  const standIn = replace(libc, fd);
  if (typeof standIn === "number") return standIn;
  return { kernel: new Descriptor(libc, standIn.fd, family, true), standIn };
}

/** Has the kernel tell of each datagram what it knows: 0 or an errno. */
export function askForReceiveInfo(kernel: Descriptor): number {
  return kernel.set("receivePacketInfo", 1) || kernel.setForBoth("receiveHopLimit", 1) ||
    kernel.setForBoth("receiveTrafficClass", 1) || kernel.set("receiveTimestamp", 1);
}

/** Adds what the kernel told. */
export function addReceiveInfo(from: RemoteInfo, control: ControlInfo): void {
  const { trafficClass } = control;
  from.destination = control.destination;
  from.interfaceIndex = control.interfaceIndex;
  from.hopLimit = control.hopLimit;
  from.trafficClass = trafficClass;
  from.ecn = trafficClass === undefined ? undefined : trafficClass & ECN_BITS;
  from.receivedAt = control.receivedAt;
}
