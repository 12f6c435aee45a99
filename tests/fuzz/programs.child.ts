/** Prints programs, one a line: how many, of which seed, and "own" for those that node:dgram can't play. */
import console from "node:console";
import process from "node:process";
import fc from "fast-check";
import { ownPrograms, programs } from "./arbitrary.ts";

const [count, seed, whose] = process.argv.slice(2);
const made = fc.sample(whose === "own" ? ownPrograms : programs, { numRuns: Number(count), seed: Number(seed) });
for (const program of made) console.log(JSON.stringify(program));
