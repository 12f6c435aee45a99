/** Checks of options that throw the module's errors. */
import { invalidArgType, invalidArgValue, outOfRange } from "../core/errors.ts";
import { validateInteger, validateNumber } from "../core/validate.ts";

/** Refuses what nobody would look at. */
export function checkKnown(options: object, known: readonly string[], name: string): void {
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw invalidArgValue(`${name}.${key}`, `is no option; there are ${known.join(", ")}`, (options as never)[key]);
    }
  }
}

export function toProbability(value: unknown, name: string): number {
  validateNumber(value, name);
  if (!(value >= 0 && value <= 1)) throw outOfRange(name, ">= 0 && <= 1", value);
  return value;
}

export function toPositive(value: unknown, name: string): number {
  validateNumber(value, name);
  if (!(value > 0)) throw outOfRange(name, "> 0", value);
  return value;
}

export function toBoolean(value: unknown, name: string): boolean {
  if (typeof value !== "boolean") throw invalidArgType(name, "of type boolean", value);
  return value;
}

export function toInteger(value: unknown, name: string, least: number, most: number): number {
  validateInteger(value, name, least, most);
  return value;
}
