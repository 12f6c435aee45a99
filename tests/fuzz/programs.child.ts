/** Prints programs, one a line: how many, and of which seed. */
import console from "node:console";
import process from "node:process";
import fc from "fast-check";
import { programs } from "./arbitrary.ts";

const [count, seed] = process.argv.slice(2).map(Number);
for (const program of fc.sample(programs, { numRuns: count, seed })) console.log(JSON.stringify(program));
