/** A received datagram as a result. */
import { Buffer } from "node:buffer";
import type { RemoteInfo } from "../../mod.ts";
import { place } from "./failure.ts";
import { counted } from "./figures.ts";
import { decodeText, hexDump, printable } from "./printable.ts";
import type { Report } from "./report.ts";

/** Tells it: as a line of text, or with all bytes in hexadecimal. */
export function tellDatagram(report: Report, event: string, data: Uint8Array, from: RemoteInfo, hex: boolean): void {
  const { address, port, family, size } = from;
  const text = decodeText(data);
  const base64 = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
  const head = `${report.paint("bold", place(address, port))}  ${report.paint("dim", counted(size, "byte"))}`;
  report.tell(
    event,
    { address, port, family, size, data: base64, text },
    hex ? [head, hexDump(data)].join("\n").trimEnd() : `${head}  ${printable(data)}`,
  );
}
