// Some of many, and what they tell of all.

/** `count` of the items, by the seed. */
export function sampleOf(items, count, seed) {
  const rest = [...items];
  let state = seed >>> 0;
  // Mulberry32.
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const chosen = [];
  while (chosen.length < count && rest.length > 0) chosen.push(...rest.splice(Math.floor(random() * rest.length), 1));
  return chosen;
}

/** Wilson's interval that has the share of all in 95 of 100 cases. */
export function interval(part, whole) {
  const z = 1.96;
  const share = part / whole;
  const middle = share + z ** 2 / (2 * whole);
  const half = z * Math.sqrt(share * (1 - share) / whole + z ** 2 / (4 * whole ** 2));
  return [middle - half, middle + half].map((bound) => bound / (1 + z ** 2 / whole));
}
