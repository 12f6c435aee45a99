/** What others have sent, as text that a terminal can be given: nothing that it obeys, that hides, or that reorders. */
const LIMIT = 2000;
const ESCAPES: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Controls (C0, DEL, C1), format characters (direction, zero width, tags), separators of lines, lone surrogates, and whatever else is not seen. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
/** Ends of lines, and what `Report.paint` writes. */
// deno-lint-ignore no-control-regex -- they are what it is about
const OWN = /(\n|\x1b\[(?:0|1|2|31|32|33)m)/;

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
  const escaped = escape(text.length > LIMIT ? text.slice(0, LIMIT + 1) : text);
  return escaped.length > LIMIT ? `${escaped.slice(0, LIMIT)}…` : escaped;
}

/** The same for lines that this tool has put together, and may have coloured. */
export function printableLines(text: string): string {
  return text.split(OWN).map((part, index) => index % 2 === 1 ? part : escape(part)).join("");
}

/** A value as one line of JSON, with the same characters escaped as JSON does it. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, (char) => char.replace(/[^]/g, jsonEscape));
}

function escape(text: string): string {
  return text.replace(UNSAFE, (char) => ESCAPES[char] ?? `\\u{${char.codePointAt(0)!.toString(16)}}`);
}

function jsonEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** The same for bytes; what is no UTF-8 is shown byte by byte. */
export function printable(data: Uint8Array): string {
  const text = decodeText(data);
  if (text !== undefined) return printableText(text);
  return `[${hexOf(data.subarray(0, LIMIT / 4))}${data.length > LIMIT / 4 ? " …" : ""}]`;
}

/** Rows of offset, sixteen bytes and their ASCII. */
export function hexDump(data: Uint8Array): string {
  const rows: string[] = [];
  for (let offset = 0; offset < data.length; offset += 16) {
    const bytes = data.subarray(offset, offset + 16);
    const ascii = String.fromCharCode(...bytes).replace(/[^ -~]/g, ".");
    rows.push(`  ${offset.toString(16).padStart(4, "0")}  ${hexOf(bytes).padEnd(47)}  ${ascii}`);
  }
  return rows.join("\n");
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
