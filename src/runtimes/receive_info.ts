import type { Family, OpenOptions, RemoteInfo } from "../core/backend.ts";
import type { ControlInfo } from "./libc/control_messages.ts";
import { Descriptor } from "./libc/descriptor.ts";
import type { Libc } from "./libc/libc.ts";
import type { StandIn } from "./libc/stand_in.ts";

const ECN_BITS = 3;

/** What is asked for of receiving. All but `pooledMessages` comes as control messages. */
export type Asked = Pick<OpenOptions, "receiveInfo" | "receiveOffload" | "pooledMessages">;

/** True if datagrams will come with control messages, which only libc reads. */
export function needsControl(libc: Libc, { receiveInfo, receiveOffload }: Asked): boolean {
  return Boolean(receiveInfo) || (Boolean(receiveOffload) && libc.offloads.receive);
}

/** A socket from which libc receives alone, and what wakes its runtime. */
export interface SocketByLibc {
  readonly kernel: Descriptor;
  readonly standIn: StandIn;
}

/** Asks for them, and moves the socket to where libc can read it first; or an errno. */
export function withControl(
  libc: Libc,
  fd: number,
  family: Family,
  asked: Asked,
  replace: (libc: Libc, fd: number) => StandIn | number,
): SocketByLibc | number {
  const errno = askForControl(libc, new Descriptor(libc, fd, family, false), asked);
  return errno < 0 ? errno : withStandIn(libc, fd, family, replace);
}

/** Moves the socket to where libc can read it first; or an errno. */
function withStandIn(
  libc: Libc,
  fd: number,
  family: Family,
  replace: (libc: Libc, fd: number) => StandIn | number,
): SocketByLibc | number {
  const standIn = replace(libc, fd);
  if (typeof standIn === "number") return standIn;
  return { kernel: new Descriptor(libc, standIn.fd, family, true), standIn };
}

/** Has the kernel tell of each datagram what it knows, and join what comes from one peer: 0 or an errno. */
export function askForControl(libc: Libc, kernel: Descriptor, { receiveInfo, receiveOffload }: Asked): number {
  const joins = receiveOffload && libc.offloads.receive;
  return (receiveInfo ? askForInfo(kernel) : 0) || (joins ? kernel.set("receiveOffload", 1) : 0);
}

function askForInfo(kernel: Descriptor): number {
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
