import type { InspectOptions } from "node:util";
import { builtin } from "./builtins.ts";

/** The words after "Received" in Node 26's argument errors; older Nodes and the other runtimes differ in details. */
export function received(value: unknown): string {
  if (value === null || value === undefined) return `${value}`;
  if (typeof value === "function") return `function ${value.name}`;
  if (typeof value === "object") {
    const name = value.constructor?.name;
    return name ? `an instance of ${name}` : inspect(value, { depth: -1 });
  }
  return `type ${typeof value} (${typeof value === "string" ? quoted(value) : inspect(value)})`;
}

function quoted(value: string): string {
  const text = value.length > 28 ? `${value.slice(0, 25)}...` : value;
  return text.includes("'") ? JSON.stringify(text) : `'${text}'`;
}

/** A value as `ERR_INVALID_ARG_VALUE` shows it. */
export function shown(value: unknown): string {
  const text = inspect(value);
  return text.length > 128 ? `${text.slice(0, 128)}...` : text;
}

/** A value as `ERR_OUT_OF_RANGE` shows it: large integers with separators. */
export function shownInRange(value: unknown): string {
  if (Number.isInteger(value) && Math.abs(value as number) > 2 ** 32) {
    return `${value}`.replace(/\B(?=(\d{3})+$)/g, "_");
  }
  return inspect(value);
}

function inspect(value: unknown, options?: InspectOptions): string {
  return builtin("util").inspect(value, options);
}
