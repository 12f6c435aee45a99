import type { Datagram, DatagramInfo } from "../core/backend.ts";

/** A datagram of which the kernel is told something. Copies of it have that, too. */
export interface InformedDatagram extends Datagram {
  readonly sendInfo: DatagramInfo;
}

/** True if there is something to tell of it. */
export function isInformed(datagram: Datagram): datagram is InformedDatagram {
  return "sendInfo" in datagram;
}
