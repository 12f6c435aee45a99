import type { BlockList } from "node:net";
import type { Family } from "./backend.ts";

/** True if the list has the address. Deno 2.9.5 finds none with its scope, which no list tells apart. */
export function isListed(list: BlockList | undefined, address: string, family: Family): unknown {
  return list && list.check(address.replace(/%.*/s, ""), `ipv${family}`);
}
