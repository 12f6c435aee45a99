/** Checks of options that throw the module's errors. */
import { invalidArgType, invalidArgValue, outOfRange } from "../core/errors.ts";
import { validateInteger, validateNumber, validateString } from "../core/validate.ts";

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

/** A list of its own, with what stands in the holes. */
export function toList<Item>(value: readonly Item[], name: string): Item[] {
  if (!Array.isArray(value)) throw invalidArgType(name, "an instance of Array", value);
  return Array.from({ length: value.length }, (_, i) => value[i]);
}

export function toText(value: unknown, name: string): string {
  validateString(value, name);
  return value;
}

export function toInteger(value: unknown, name: string, least: number, most: number): number {
  validateInteger(value, name, least, most);
  return value;
}
