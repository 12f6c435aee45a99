/** A name for any value, the same on every runtime and in every bundle. */
export function named(value: unknown): string {
  if (typeof value === "function") return "function";
  return value === undefined ? "undefined" : `${typeof value} ${JSON.stringify(String(value))}`;
}
