import type { NumericOption } from "./backend.ts";

/** What an option is called in the names of its methods. */
export function nameOf(option: NumericOption): string {
  return option === "ttl" ? "TTL" : option[0].toUpperCase() + option.slice(1);
}
