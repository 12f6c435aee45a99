/** Which scenarios a child's arguments ask for. */
import type { Scenario } from "./scenario.ts";

/**
 * `--after NAME` starts behind that scenario, `--only TEXT` takes those whose name contains the text, `--names JSON` the
 * names listed, `--skip JSON` leaves those out, `--part M/N` takes each Nth from the Mth on, `--seed N` shuffles.
 */
export function chosen(scenarios: readonly Scenario[], args: readonly string[]): Scenario[] {
  const after = option(args, "--after");
  const only = option(args, "--only");
  const named = option(args, "--names");
  const names = named === undefined ? undefined : new Set<string>(JSON.parse(named));
  const skipped = new Set<string>(JSON.parse(option(args, "--skip") ?? "[]"));
  const [part, parts] = (option(args, "--part") ?? "1/1").split("/").map(Number);
  const seed = option(args, "--seed");
  const start = after === undefined ? 0 : scenarios.findIndex((each) => each.name === after) + 1;
  const list = scenarios.filter((each, index) =>
    index >= start && index % parts === part - 1 && !skipped.has(each.name) && (names?.has(each.name) ?? true) &&
    (only === undefined || each.name.includes(only))
  );
  return seed === undefined ? list : shuffled(list, Number(seed));
}

/** The value behind an argument's name. */
export function option(args: readonly string[], name: string): string | undefined {
  const index = args.indexOf(name);
  return index < 0 ? undefined : args[index + 1];
}

function shuffled<T>(list: readonly T[], seed: number): T[] {
  const result = [...list];
  let state = seed;
  for (let last = result.length - 1; last > 0; last--) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const other = state % (last + 1);
    [result[last], result[other]] = [result[other], result[last]];
  }
  return result;
}
