// What a runtime lacks, and says so: programs are played there without the calls that it refuses by name.
import { play } from "./play.mjs";

const REFUSED = /^\S+ \S+ #(\d+) threw .*\[ERR_FEATURE_UNAVAILABLE_ON_PLATFORM\]: The feature (\w+)/;
/** What comes after a call that is left out may be refused, too. */
const ROUNDS = 5;

/** The features that were refused, by the number of the call. */
export function refusedIn(seen) {
  return new Map(
    seen.map((line) => REFUSED.exec(line)).filter(Boolean).map(([, number, name]) => [Number(number), name]),
  );
}

/** The program without these calls. */
function without(program, numbers) {
  const keep = (value) => Array.isArray(value) ? value.filter(({ number }) => !numbers.has(number)) : value;
  return JSON.parse(JSON.stringify(program), (key, value) => key === "ops" ? keep(value) : value);
}

/**
 * Plays them, and those from which something was refused again without it: { programs, seen, changed, refused }, with the
 * places of those that were changed, and how often each feature was refused.
 */
export async function playWhatThereIs(player, programs) {
  const played = [...programs];
  const seen = await play(player, programs);
  const changed = new Set();
  const refused = {};
  for (let round = 0; round < ROUNDS; round++) {
    const again = [...seen.keys()].filter((at) => refusedIn(seen[at]).size > 0);
    if (again.length === 0) break;
    for (const at of again) {
      const features = refusedIn(seen[at]);
      for (const name of features.values()) refused[name] = (refused[name] ?? 0) + 1;
      played[at] = without(played[at], features);
      changed.add(at);
    }
    const traces = await play(player, again.map((at) => played[at]));
    for (const [index, at] of again.entries()) seen[at] = traces[index];
  }
  return { programs: played, seen, changed: [...changed], refused };
}
