/** A host of the scenarios within a namespace: does what the test asks in lines of JSON. */
import { createSocket } from "@x/dgram";
import process from "node:process";
import { createInterface } from "node:readline";
import { setImmediate } from "node:timers/promises";
import { type Order, Player } from "./player.ts";

const tell = (value: unknown): void => void process.stdout.write(JSON.stringify(value) + "\n");
const player = new Player((options) => createSocket(options), tell);

/** What a kernel has ready is read in the first turn; a listener may send in the next. */
const TURNS = 3;

async function answer(line: string): Promise<void> {
  const { id, order } = JSON.parse(line) as { id: number; order: Order | "turn" | "end" };
  if (order === "end") tell({ id, value: await player.end() ?? null });
  else if (order === "turn") {
    for (let turn = 0; turn < TURNS; turn++) await setImmediate();
    tell({ id, value: null });
  } else tell({ id, ...await player.carryOut(order) });
}

const input = createInterface({ input: process.stdin });
input.on("line", (line) => void answer(line));
input.on("close", () => process.exit(0));
tell({ ready: true });
