/** Checks of arguments that throw Node's errors. */
import type { BlockList } from "node:net";
import { builtin } from "./builtins.ts";
import { isIP } from "./ip.ts";
import { badPort, invalidArgType, invalidArgValue, outOfRange } from "./errors.ts";

/** A port as a number. Numeric strings are ports, as on Node. */
export function validatePort(port: unknown, name = "Port", allowZero = false): number {
  const number = typeof port === "number" ? port : typeof port === "string" && port.trim() !== "" ? +port : NaN;
  if (number !== number >>> 0 || number > 0xffff || (number === 0 && !allowZero)) throw badPort(name, allowZero, port);
  return number | 0;
}

type Validator<Type> = (value: unknown, name: string) => asserts value is Type;

export const validateString: Validator<string> = validatorOf("string");
export const validateNumber: Validator<number> = validatorOf("number");
export const validateFunction: Validator<(...values: never[]) => unknown> = validatorOf("function");

function validatorOf<Type>(type: string): Validator<Type> {
  return (value, name) => {
    const actual = typeof value;
    if (actual !== type) throw invalidArgType(name, `of type ${type}`, value);
  };
}

/** True for what has members: null has none. */
export function isObject(value: unknown): value is object {
  return value !== null && typeof value === "object";
}

export function validateObject(value: unknown, name: string): asserts value is object {
  if (!isObject(value)) throw invalidArgType(name, "of type object", value);
}

/** @param method what needs one, since it looks nothing up */
export function validateNumericAddress(address: string, name: string, method: string): void {
  if (isIP(address)) return;
  throw invalidArgValue(name, `must be a numeric IP address; ${method} does not perform DNS resolution`, address);
}

/** A system call would see only what comes before a NUL. */
export function validateWithoutNull(value: string, name: string): void {
  if (value.includes("\0")) throw invalidArgValue(name, "must be a string without null bytes", value);
}

export function validateUint32(value: unknown, name: string): void {
  validateInteger(value, name, 0, 0xffff_ffff);
}

export function validateInteger(
  value: unknown,
  name: string,
  least: number,
  most: number,
): asserts value is number {
  validateNumber(value, name);
  if (!Number.isInteger(value)) throw outOfRange(name, "an integer", value);
  if (value < least || value > most) throw outOfRange(name, `>= ${least} && <= ${most}`, value);
}

export function validateAbortSignal(value: unknown, name: string): asserts value is AbortSignal {
  if (!isObject(value) || !("aborted" in value)) {
    throw invalidArgType(name, "an instance of AbortSignal", value);
  }
}

export function validateBlockList(value: unknown, name: string): asserts value is BlockList {
  const { BlockList } = builtin("net");
  try {
    // What only has its prototype can't check, but on Deno, where it lists nothing.
    if (!(value instanceof BlockList)) throw value;
    BlockList.prototype.check.call(value, "::", "ipv6");
  } catch {
    // The wrong article is Node's.
    throw invalidArgType(name, "an net.BlockList", value);
  }
}
