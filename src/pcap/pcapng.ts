/** The blocks of a capture file: pcapng, raw IP, times in nanoseconds. */
import type { ByteWriter } from "./byte_writer.ts";

/** What stands in a file about one packet. */
export interface CapturedPacket {
  /** The number of the interface, among those of the file. */
  readonly through: number;
  /** Since 1970. */
  readonly nanoseconds: bigint;
  readonly direction: "in" | "out" | undefined;
  readonly comment: string;
  readonly bytes: Uint8Array;
}

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const STATISTICS = 5;
const PACKET = 6;
/** LINKTYPE_RAW: the packet begins with its IP header. */
const RAW = 101;
const COMMENT = 1;
const NAME = 2;
const FLAGS = 2;
const APPLICATION = 4;
const DROPPED = 5;
const RESOLUTION = 9;
const UTF8 = new TextEncoder();

type Option = readonly [code: number, value: Uint8Array];

/** What a file begins with: which program has written it. */
export function writeSection(out: ByteWriter, application: string): void {
  block(out, SECTION, () => {
    out.uint32(0x1a2b3c4d);
    out.uint16(1);
    out.uint16(0);
    // The length of the section is left open.
    out.uint32(0xffff_ffff);
    out.uint32(0xffff_ffff);
    options(out, [[APPLICATION, UTF8.encode(application)]]);
  });
}

/** An interface, before its first packet: they are numbered as they come. */
export function writeInterface(out: ByteWriter, name: string): void {
  block(out, INTERFACE, () => {
    out.uint16(RAW);
    out.uint16(0);
    out.uint32(0);
    options(out, [[NAME, UTF8.encode(name)], [RESOLUTION, Uint8Array.of(9)]]);
  });
}

/** One packet. */
export function writePacket(out: ByteWriter, packet: CapturedPacket): void {
  const { through, nanoseconds, direction, comment, bytes } = packet;
  block(out, PACKET, () => {
    out.uint32(through);
    time(out, nanoseconds);
    out.uint32(bytes.length);
    out.uint32(bytes.length);
    padded(out, bytes);
    options(out, [
      ...direction === undefined ? [] : [[FLAGS, Uint8Array.of(direction === "in" ? 1 : 2, 0, 0, 0)] as const],
      ...comment === "" ? [] : [[COMMENT, UTF8.encode(comment)] as const],
    ]);
  });
}

/** How many packets of an interface are not in the file. */
export function writeDropped(out: ByteWriter, through: number, nanoseconds: bigint, count: number): void {
  block(out, STATISTICS, () => {
    out.uint32(through);
    time(out, nanoseconds);
    const value = new Uint8Array(8);
    new DataView(value.buffer).setBigUint64(0, BigInt(count), true);
    options(out, [[DROPPED, value]]);
  });
}

function time(out: ByteWriter, nanoseconds: bigint): void {
  out.uint32(Number(nanoseconds >> 32n));
  out.uint32(Number(nanoseconds & 0xffff_ffffn));
}

/** A block has its length before and after what stands in it. */
export function block(out: ByteWriter, type: number, write: () => void): void {
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
export function padded(out: ByteWriter, ...parts: readonly Uint8Array[]): void {
  for (const part of parts) out.append(part);
  while (out.length % 4 !== 0) out.uint8(0);
}
