// Keeps what other machines answered, for the tables of the documentation: scripts/docs/other_machines.json.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { inRoot } from "../paths.mjs";

const file = inRoot("scripts", "docs", "other_machines.json");

/** What has been kept: a list of what `runElsewhere` answers as `elsewhere`, each with its date. */
export const readRecords = () => existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];

const keyOf = ({ system, through, runtime, version, mode }) =>
  JSON.stringify([system, through ?? "", runtime, runtime === "node" ? Number(version.split(".")[0]) : 0, mode]);

/** Puts these in the place of what was kept of the same machine, runtime and mode. */
export function keepRecords(records) {
  const date = new Date().toISOString().slice(0, 10);
  const kept = new Map(readRecords().map((record) => [keyOf(record), record]));
  for (const record of records) kept.set(keyOf(record), { date, ...record });
  const sorted = [...kept].sort(([a], [b]) => a < b ? -1 : 1).map(([, record]) => record);
  writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
}
