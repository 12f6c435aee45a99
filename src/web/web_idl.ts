/** How Web IDL turns JavaScript values into those of an interface; whatever it refuses is a TypeError. */

/** A dictionary: an object, or nothing. */
export function toDictionary(value: unknown, name: string): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" && typeof value !== "function") throw new TypeError(`${name} must be an object`);
  return value as Record<string, unknown>;
}

/** An integer with [EnforceRange]. */
export function toInteger(value: unknown, name: string, least: number, most: number): number {
  const integer = Math.trunc(+(value as number));
  if (!(integer >= least && integer <= most)) {
    throw new TypeError(`${name} must be an integer from ${least} to ${most}`);
  }
  // Without -0.
  return integer + 0;
}

/** A DOMString; unlike String() this refuses a symbol. */
export function toDOMString(value: unknown): string {
  return `${value as string}`;
}

/** One of an enumeration. */
export function toEnum<Value extends string>(value: unknown, name: string, values: readonly Value[]): Value {
  const text = toDOMString(value);
  if (!values.includes(text as Value)) throw new TypeError(`${name} must be one of ${values.join(", ")}`);
  return text as Value;
}
