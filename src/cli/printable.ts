/** Bytes of strangers as text that a terminal can be given: no control characters, no direction overrides. */
const LIMIT = 2000;
const ESCAPES: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** The bytes as text, or undefined if they are no UTF-8. */
export function decodeText(data: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return undefined;
  }
}

/** Text without anything that a terminal would obey. */
export function printableText(text: string): string {
  const escaped = text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (char) => ESCAPES[char] ?? `\\u{${char.codePointAt(0)!.toString(16)}}`,
  );
  return escaped.length > LIMIT ? `${escaped.slice(0, LIMIT)}…` : escaped;
}

/** The same for bytes; what is no UTF-8 is shown byte by byte. */
export function printable(data: Uint8Array): string {
  const text = decodeText(data);
  if (text !== undefined) return printableText(text);
  const hex = Array.from(data.subarray(0, LIMIT / 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `[${hex}${data.length > LIMIT / 4 ? " …" : ""}]`;
}

/** Rows of offset, sixteen bytes and their ASCII. */
export function hexDump(data: Uint8Array): string {
  const rows: string[] = [];
  for (let offset = 0; offset < data.length; offset += 16) {
    const bytes = [...data.subarray(offset, offset + 16)];
    const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ").padEnd(47);
    const ascii = bytes.map((byte) => byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".").join("");
    rows.push(`  ${offset.toString(16).padStart(4, "0")}  ${hex}  ${ascii}`);
  }
  return rows.join("\n");
}
