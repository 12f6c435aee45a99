/** Packets as a capture file: pcapng, raw IP, times in nanoseconds. */
import { readIPv4, readIPv6 } from "../core/address_text.ts";
import { ByteWriter } from "./byte_writer.ts";
import { PER_MILLISECOND } from "./show_time.ts";

/** What stands in a file about one packet. */
export interface CapturedPacket {
  /** The number of the interface, among those of the file. */
  readonly through: number;
  /** Tenths of a microsecond. */
  readonly time: number;
  readonly direction: "in" | "out" | undefined;
  readonly comment: string;
  readonly bytes: Uint8Array;
}

/** A whole capture. */
export interface Capture {
  /** The names of the interfaces. */
  readonly interfaces: readonly string[];
  /** Addresses, and the name of each. */
  readonly names: Iterable<readonly [address: string, name: string]>;
  readonly packets: Iterable<CapturedPacket>;
}

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const NAMES = 4;
const PACKET = 6;
/** LINKTYPE_RAW: the packet begins with its IP header. */
const RAW = 101;
const COMMENT = 1;
const NAME = 2;
const FLAGS = 2;
const RESOLUTION = 9;
const NANOSECONDS_PER_TIME = BigInt(1_000_000 / PER_MILLISECOND);
const UTF8 = new TextEncoder();

type Option = readonly [code: number, value: Uint8Array];

/** The file. */
export function writePcapng({ interfaces, names, packets }: Capture): Uint8Array {
  const out = new ByteWriter(true);
  block(out, SECTION, () => {
    out.uint32(0x1a2b3c4d);
    out.uint16(1);
    out.uint16(0);
    // The length of the section is left open.
    out.uint32(0xffff_ffff);
    out.uint32(0xffff_ffff);
    options(out, [[4, UTF8.encode("@x/dgram/testing")]]);
  });
  for (const name of interfaces) {
    block(out, INTERFACE, () => {
      out.uint16(RAW);
      out.uint16(0);
      out.uint32(0);
      options(out, [[NAME, UTF8.encode(name)], [RESOLUTION, Uint8Array.of(9)]]);
    });
  }
  block(out, NAMES, () => {
    for (const [address, name] of names) {
      const [bytes, text] = [bytesOf(address), UTF8.encode(`${name}\0`)];
      out.uint16(bytes.length === 4 ? 1 : 2);
      out.uint16(bytes.length + text.length);
      padded(out, bytes, text);
    }
    out.uint32(0);
  });
  for (const { through, time, direction, comment, bytes } of packets) {
    block(out, PACKET, () => {
      const nanoseconds = BigInt(time) * NANOSECONDS_PER_TIME;
      out.uint32(through);
      out.uint32(Number(nanoseconds >> 32n));
      out.uint32(Number(nanoseconds & 0xffff_ffffn));
      out.uint32(bytes.length);
      out.uint32(bytes.length);
      padded(out, bytes);
      options(out, [
        ...direction === undefined ? [] : [[FLAGS, Uint8Array.of(direction === "in" ? 1 : 2, 0, 0, 0)] as const],
        ...comment === "" ? [] : [[COMMENT, UTF8.encode(comment)] as const],
      ]);
    });
  }
  return out.bytes();
}

/** An address as bytes, in the order of the network. */
export function bytesOf(address: string): Uint8Array {
  const bytes = new Uint8Array(address.includes(":") ? 16 : 4);
  (bytes.length === 16 ? readIPv6 : readIPv4)(address, bytes, 0);
  return bytes;
}

/** A block has its length before and after what stands in it. */
function block(out: ByteWriter, type: number, write: () => void): void {
  const start = out.length;
  out.uint32(type);
  out.uint32(0);
  write();
  const length = out.length - start + 4;
  out.uint32(length);
  out.setUint32(start + 4, length);
}

function options(out: ByteWriter, list: readonly Option[]): void {
  for (const [code, value] of list) {
    out.uint16(code);
    out.uint16(value.length);
    padded(out, value);
  }
  out.uint32(0);
}

/** Each value begins at a multiple of four bytes. */
function padded(out: ByteWriter, ...parts: readonly Uint8Array[]): void {
  for (const part of parts) out.append(part);
  while (out.length % 4 !== 0) out.uint8(0);
}
