/** Packets of a network in memory as a capture file. */
import { ByteWriter } from "../pcap/byte_writer.ts";
import { bytesOf } from "../pcap/ip_packets.ts";
import { block, type CapturedPacket, padded, writeInterface, writePacket, writeSection } from "../pcap/pcapng.ts";

/** A whole capture. */
export interface Capture {
  /** The names of the interfaces. */
  readonly interfaces: readonly string[];
  /** Addresses, and the name of each. */
  readonly names: Iterable<readonly [address: string, name: string]>;
  readonly packets: Iterable<CapturedPacket>;
}

const NAMES = 4;
const UTF8 = new TextEncoder();

/** The file. */
export function writePcapng({ interfaces, names, packets }: Capture): Uint8Array {
  const out = new ByteWriter(true);
  writeSection(out, "@x/dgram/testing");
  for (const name of interfaces) writeInterface(out, name);
  block(out, NAMES, () => {
    for (const [address, name] of names) {
      const [bytes, text] = [bytesOf(address), UTF8.encode(`${name}\0`)];
      out.uint16(bytes.length === 4 ? 1 : 2);
      out.uint16(bytes.length + text.length);
      padded(out, bytes, text);
    }
    out.uint32(0);
  });
  for (const packet of packets) writePacket(out, packet);
  return out.bytes();
}
