/** fast-check with this project's settings. What fails is shrunk, and printed with its seed. */
import process from "node:process";
import fc from "fast-check";

/** Shrinking ends in time for the message to be printed before a runner ends the test. */
const LONGEST = 30_000;

/** `examples` are run first. `DGRAM_TEST_SEED` repeats a run; `DGRAM_TEST_RUNS` makes it longer. */
export async function check<Values extends [unknown, ...unknown[]]>(
  property: fc.IAsyncPropertyWithHooks<Values>,
  runs: number,
  examples: Values[] = [],
): Promise<void> {
  const { DGRAM_TEST_SEED: seed, DGRAM_TEST_RUNS: more } = process.env;
  await fc.assert(property, {
    examples,
    includeErrorInReport: true,
    numRuns: more === undefined ? runs : Number(more),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(more === undefined ? { interruptAfterTimeLimit: LONGEST } : {}),
  });
}
