/**
 * The fewest of a list with which something still fails: Zeller and Hildebrandt's delta debugging.
 *
 * @param fails plays it with these alone
 * @param most how often it may be played
 * @returns those without any of which it does not fail any more, as far as that was tried
 */
export async function shrink<Item>(
  items: readonly Item[],
  fails: (some: readonly Item[]) => Promise<boolean>,
  most: number,
): Promise<readonly Item[]> {
  let played = 0;
  const stillFails = async (some: readonly Item[]): Promise<boolean> => played++ < most && await fails(some);
  if (items.length === 0 || await stillFails([])) return [];
  let left = items;
  let parts = 2;
  while (left.length > 1 && played < most) {
    const pieces = cut(left, parts);
    const piece = await firstOf(pieces, stillFails);
    if (piece !== undefined) {
      left = piece;
      parts = 2;
      continue;
    }
    // Of two, each is all but the other.
    const others = parts === 2 ? [] : pieces.map((_, number) => pieces.filter((_, other) => other !== number).flat());
    const rest = await firstOf(others, stillFails);
    if (rest !== undefined) {
      left = rest;
      parts--;
    } else if (parts < left.length) {
      parts = Math.min(left.length, 2 * parts);
    } else {
      break;
    }
  }
  return left;
}

async function firstOf<Item>(
  lists: readonly (readonly Item[])[],
  fails: (some: readonly Item[]) => Promise<boolean>,
): Promise<readonly Item[] | undefined> {
  for (const list of lists) if (await fails(list)) return list;
  return undefined;
}

function cut<Item>(items: readonly Item[], parts: number): Item[][] {
  const size = Math.ceil(items.length / parts);
  return Array.from(
    { length: Math.ceil(items.length / size) },
    (_, part) => items.slice(part * size, (part + 1) * size),
  );
}
