// Prints the sizes of the built package and of its entries, and fails where one passes its budget.
import process from "node:process";
import { measureSizes } from "./matrix/sizes.mjs";

for (const { name, size, budget } of await measureSizes()) {
  const fits = size <= budget;
  const verdict = fits
    ? ""
    : budget === undefined
    ? "  FAILED: it has no budget in sizes.mjs"
    : "  FAILED: over its budget";
  console.log(`${name.padEnd(24)} ${String(size).padStart(8)} of ${String(budget ?? "?").padStart(8)} bytes${verdict}`);
  if (!fits) process.exitCode = 1;
}
