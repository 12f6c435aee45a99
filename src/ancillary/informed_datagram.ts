import type { Datagram } from "../core/backend.ts";
import type { ReadInfo } from "./read_info.ts";

/** A datagram of which the kernel is told something. Copies of it have that, too. */
export interface InformedDatagram extends Datagram {
  readonly sendInfo: ReadInfo;
}

/** True if there is something to tell of it. */
export function isInformed(datagram: Datagram): datagram is InformedDatagram {
  return "sendInfo" in datagram;
}
