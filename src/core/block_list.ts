import type { BlockList } from "node:net";
import type { Family } from "./backend.ts";
import { ipBlocked } from "./errors.ts";
import type { Settings } from "./settings.ts";
import { tellEverybody, type Told } from "./tell_everybody.ts";

/** Whose send block list is asked. */
export interface Sending extends Told {
  readonly settings: Settings;
}

/** True if the list has the address. Deno 2.9.5 finds none with its scope, which no list tells apart. */
export function isListed(list: BlockList | undefined, address: string, family: Family): unknown {
  return list && list.check(address.replace(/%.*/s, ""), `ipv${family}`);
}

/** Why nothing is to be sent there, or 0. What a list of the user's own throws is told to everybody if nobody watches. */
export function blockedBy(state: Sending, address: string, watched = true): Error | 0 {
  const { family, sendBlockList } = state.settings;
  try {
    return isListed(sendBlockList, address, family) ? ipBlocked(address) : 0;
  } catch (error) {
    if (!watched) tellEverybody(state, error);
    // What is thrown may be anything, and a number would be an errno.
    return Object(error);
  }
}
