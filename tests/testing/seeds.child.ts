/** Prints the hash of the trace of each of so many seeds, and its length. Run as: PROGRAM FIRST COUNT */
import { createHash } from "node:crypto";
import process from "node:process";
import { playEveryFault } from "./every_fault.ts";

async function playSeeds(first: number, count: number): Promise<void> {
  for (let seed = first; seed < first + count; seed++) {
    const trace = await playEveryFault(seed);
    console.log(`${seed} ${createHash("sha256").update(trace).digest("hex")} ${trace.length}`);
  }
}

const [first, count] = process.argv.slice(2).map(Number);
playSeeds(first, count);
