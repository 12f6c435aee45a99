/** Attacks one subject of an entry; of those whose names are given. What it prints is what was found. */
import dns from "node:dns";
import console from "node:console";
import process from "node:process";
import { attack } from "./attack.ts";
import { entries, exportsOf } from "./subjects.ts";

// No name leaves this machine.
const unknown = Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" });
(dns as { lookup: unknown }).lookup = (...values: unknown[]) =>
  queueMicrotask(() => (values.at(-1) as (error: Error) => void)(unknown));

async function main(): Promise<void> {
  const [entry, only] = process.argv.slice(2);
  const { load, subjects } = entries[entry];
  const all = { "what it exports": () => exportsOf(load), ...subjects };
  for (const [name, make] of Object.entries(all)) {
    console.log(JSON.stringify({ subject: name, ...await attack(make, only) }));
  }
  // Sockets that were made by what it exports may be open.
  process.exit(0);
}

void main();
