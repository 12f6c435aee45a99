import type { RemoteInfo } from "../../core/backend.ts";
import type { Runs } from "./joinable.ts";
import type { Asked } from "./receive_info.ts";

/** So many in a row are a habit. A program that pauses has not read ahead more than usual before it has taken hundreds. */
export const HABIT = 32;

/** As many that came at once are many. */
export const MANY = 8;

/** Is told of one of many datagrams that came at once. */
export type SawMany = (from: RemoteInfo) => void;

/**
 * Has `join` called when what a socket receives comes in runs of one peer and one size. Null where nothing is to be joined:
 * from a descriptor that was given somebody else may read too, who can't tell what is joined.
 */
export function sawManyOf(asked: Asked, join: (runs: Runs) => Promise<void>): SawMany | null {
  if (asked.segmentation === "off" || asked.fd !== undefined) return null;
  const runs: Runs = { needed: HABIT };
  let count = 0;
  let last = { port: 0, size: 0 };
  return (from) => {
    if (from.port !== last.port || from.size !== last.size) count = 0;
    last = from;
    if (++count < runs.needed) return;
    count = 0;
    // Who can't load it (Jest, a bundle without it) goes on as before.
    join(runs).catch(() => runs.needed = Infinity);
  };
}
