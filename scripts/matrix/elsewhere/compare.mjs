// Whose a difference is: this module's, or the machine's.

const equal = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/**
 * Sorts the scenarios that were played. `expected` and `traces` are by scenario; `own` are the traces of what node:dgram
 * does there, one for each runtime that was asked: what one of them does there too is the machine's.
 */
export function compareTraces(expected, traces, own) {
  const sorted = { asNode26: [], asThere: [], ours: [] };
  for (const [name, trace] of traces) {
    if (equal(trace, expected[name])) sorted.asNode26.push(name);
    else if (own.some((those) => equal(trace, those.get(name)))) sorted.asThere.push(name);
    else sorted.ours.push(name);
  }
  return sorted;
}

/** How two traces differ, a line for each event. */
export function difference(expected = [], got = []) {
  return Array.from({ length: Math.max(expected.length, got.length) }, (_, line) => line)
    .filter((line) => expected[line] !== got[line])
    .flatMap((line) => [`- ${expected[line] ?? ""}`, `+ ${got[line] ?? ""}`]).join("\n");
}
