/** How values look in a trace: the same text on every runtime, with symbolic names for what the system chose. */
import { Buffer } from "node:buffer";
import util from "node:util";

/** Symbolic names for sockets, functions and numbers; `learn` may add names just before an unknown number is shown. */
export interface Names {
  readonly objects: Map<unknown, string>;
  readonly numbers: Map<number, string>;
  learn(): void;
}

const ERROR_FIELDS = ["errno", "syscall", "address", "port", "hostname", "info"] as const;
const PLAIN_NUMBERS = 1024;
/** Those of getaddrinfo are libuv's own, from here down to where Windows' system errors are. */
const LOOKUP_ERRNOS = -3000;
const WINDOWS_ERRNOS = -4000;
const MOST_BYTES = 64;

/** One value as text. */
export function show(value: unknown, names: Names): string {
  const name = names.objects.get(value);
  if (name !== undefined) return name;
  if (value === globalThis) return "undefined";
  if (typeof value === "number") return showNumber(value, names);
  if (typeof value === "string") return quoted(showText(value, names));
  if (typeof value === "function") return `<function ${value.name}>`;
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Error) return showError(value, names);
  if (value instanceof Uint8Array) return showBytes(value);
  if (Array.isArray(value)) return `[${value.map((item) => show(item, names)).join(", ")}]`;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return `<${prototype.constructor?.name ?? "object"}>`;
  return `${prototype === null ? "[null prototype] " : ""}${showFields(value, Object.keys(value), names)}`;
}

/** Free text, such as an error's message: known ports in it get their names. */
export function showText(text: string, names: Names): string {
  return text.replace(/(?<![\d.])\d{4,5}(?![\d.]\d)/g, (digits) => showNumber(Number(digits), names));
}

/** Single quotes, since double ones are escaped in the oracle's JSON. */
function quoted(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"')}'`;
}

function showNumber(value: number, names: Names): string {
  if (Object.is(value, -0)) return "-0";
  if (!Number.isInteger(value) || value < PLAIN_NUMBERS) return String(value);
  if (!names.numbers.has(value)) names.learn();
  return names.numbers.get(value) ?? String(value);
}

function showError(error: Error, names: Names): string {
  const { code } = error as { code?: unknown };
  const head = `${error.name}${code === undefined ? "" : ` [${String(code)}]`}: ${showText(error.message, names)}`;
  const fields = ERROR_FIELDS.filter((field) => (error as unknown as Record<string, unknown>)[field] !== undefined);
  return fields.length === 0 ? head : `${head} ${showFields(error, fields, names)}`;
}

function showFields(object: object, keys: readonly string[], names: Names): string {
  const fields = keys.map((key) => {
    const value = (object as Record<string, unknown>)[key];
    return `${key}: ${key === "errno" ? showErrno(value, names) : show(value, names)}`;
  });
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

/** A system's negative errno by its name; getaddrinfo's numbers are libuv's own, and anything else is shown as it is. */
function showErrno(value: unknown, names: Names): string {
  if (typeof value !== "number" || value >= 0) return show(value, names);
  if (value <= LOOKUP_ERRNOS && value > WINDOWS_ERRNOS) return String(value);
  const name = util.getSystemErrorName(value);
  return name.startsWith("Unknown") ? String(value) : `-${name}`;
}

function showBytes(bytes: Uint8Array): string {
  const kind = Buffer.isBuffer(bytes) ? "Buffer" : bytes.constructor.name;
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MOST_BYTES));
  const text = head.toString("latin1");
  const body = /^[\x20-\x7e]*$/.test(text) ? quoted(text) : head.toString("hex");
  return bytes.length <= MOST_BYTES ? `${kind} ${body}` : `${kind} ${body}… (${bytes.length} bytes)`;
}
