// Stands in each mutated file of a bundle. Where the environment names a file for it, tells there which mutants a process
// reaches, and in which scenario: at once, since processes are killed in tests.
import { appendFileSync } from "node:fs";
import process from "node:process";

const file = process.env.DGRAM_MUTANTS_REACHED;

function recorderOf(scenario) {
  const seen = new Set();
  return new Proxy({}, {
    set(_, id) {
      if (!seen.has(id)) appendFileSync(file, `${JSON.stringify([id, scenario])}\n`);
      seen.add(id);
      return true;
    },
  });
}

const stryker = globalThis.__stryker__ ??= {};
if (file !== undefined && stryker.mutantCoverage === undefined) {
  const scenarios = new Map();
  const perTest = new Proxy({}, {
    get(_, scenario) {
      if (!scenarios.has(scenario)) scenarios.set(scenario, recorderOf(scenario));
      return scenarios.get(scenario);
    },
    set: () => true,
  });
  stryker.mutantCoverage = { static: recorderOf(null), perTest };
}
