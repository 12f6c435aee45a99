import type { OpenOptions, RemoteInfo } from "../../core/backend.ts";
import type { ControlInfo } from "../libc/control_messages.ts";
import type { Descriptor } from "../libc/descriptor.ts";
import type { Libc } from "../libc/libc.ts";

const ECN_BITS = 3;

/** What is asked for of receiving, of which all but `pooledMessages` comes as control messages, and of sending. */
export type Asked = Pick<OpenOptions, "fd" | "receiveInfo" | "receiveOffload" | "pooledMessages" | "segmentation">;

/**
 * True if datagrams will come with control messages, which only libc reads: also where somebody else has had the kernel join
 * them, on a descriptor that is to be adopted.
 */
export function needsControl(libc: Libc, { fd, receiveInfo, receiveOffload }: Asked): boolean {
  const { linux, udp } = libc.layout;
  return Boolean(receiveInfo) || (Boolean(receiveOffload) && libc.offloads.receive) ||
    (fd !== undefined && linux !== null && libc.getOption(fd, udp, linux.control.joined) === 1);
}

/** The same as far as it is asked for, and has the kernel join what comes from one peer: 0 or an errno. */
export function askForControl(libc: Libc, kernel: Descriptor, { receiveInfo, receiveOffload }: Asked): number {
  const joins = receiveOffload && libc.offloads.receive;
  return (receiveInfo ? askForInfo(kernel) : 0) || (joins ? kernel.set("receiveOffload", 1) : 0);
}

/** Has the kernel tell of each datagram what it knows: 0 or an errno. */
export function askForInfo(kernel: Descriptor): number {
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
