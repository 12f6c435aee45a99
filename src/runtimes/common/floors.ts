/** The oldest version of each runtime that this works on; package.json's engines say the same. */
export const BUN_FLOOR = "1.2.23";
export const DENO_FLOOR = "2.8.0";
export const NODE_FLOOR = "18.18.0";

/** Throws at load on a version below the floor: what it lacks would show as whatever error, or as none. */
export function refuseBelow(runtime: string, floor: string, found: string): void {
  if (rank(found) < rank(floor)) throw new Error(`@x/dgram needs ${runtime} ${floor} or later; this is ${found}`);
}

/** Versions in an order that strings have, too. */
function rank(version: string): string {
  return version.replace(/\d+/g, (number) => number.padStart(4, "0"));
}
