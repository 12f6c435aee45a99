import type { Flight } from "./flights.ts";
export function pageOf(
  _flights: readonly Flight[],
  _hosts: readonly string[] | null,
  _known: readonly string[],
  _seed: number,
): string {
  return "";
}
