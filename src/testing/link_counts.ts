import type { Packet } from "./packet.ts";

/** What a direction of a link has carried, and what it has not. */
export class LinkCounts {
  /** Datagrams that came to it. */
  datagrams = 0;
  /** Their bytes, without headers. */
  bytes = 0;
  /** Those that were lost on it, for whatever reason but the two that follow. */
  lost = 0;
  /** Those that came while it was cut. */
  cut = 0;
  /** Those that found its queue full. */
  "no room" = 0;
  /** Those that came twice. */
  duplicated = 0;
  /** Those of which a bit was changed. */
  corrupted = 0;

  carried({ icmp, data }: Packet): void {
    if (icmp !== null) return;
    this.datagrams++;
    this.bytes += data.length;
  }
}
