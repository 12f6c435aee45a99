import type { Family, RemoteInfo } from "../core/backend.ts";
import { PER_MILLISECOND } from "./duration.ts";
import { show } from "./ip_address.ts";
import type { Received } from "./receive_buffer.ts";

const ECN_BITS = 3;
/** Nanoseconds in a tenth of a microsecond. */
const NANOSECONDS = BigInt(1_000_000 / PER_MILLISECOND);

/** Where a datagram came from, as a socket of this family is told. */
export function readInto(received: Received, family: Family, withInfo: boolean): RemoteInfo {
  const { packet: { source, sourcePort, destination, data }, through, hopLimit, trafficClass, time } = received;
  const scope = source.startsWith("fe80:") ? `%${through.name}` : "";
  const from: RemoteInfo = {
    address: show(source, family) + scope,
    family: family === 4 ? "IPv4" : "IPv6",
    port: sourcePort,
    size: data.length,
  };
  if (withInfo) {
    from.destination = show(destination, family);
    from.interfaceIndex = through.index;
    from.hopLimit = hopLimit;
    from.trafficClass = trafficClass;
    from.ecn = trafficClass & ECN_BITS;
    from.receivedAt = BigInt(time) * NANOSECONDS;
  }
  return from;
}
