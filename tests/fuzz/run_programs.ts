/** Plays the programs of a file, one a line, and prints what was seen. */
import console from "node:console";
import { readFileSync } from "node:fs";
import process from "node:process";
import type { DgramModule } from "../conformance/stage.ts";
import { Player } from "./play.ts";

/** What each line of a child's output begins with, before JSON. */
const MARK = "#played ";

/** `node run FILE FIRST`: from that line on. */
export async function runPrograms(dgram: DgramModule): Promise<void> {
  const [file, first = "0"] = process.argv.slice(2);
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const player = new Player(dgram);
  for (let index = Number(first); index < lines.length; index++) {
    const seen = await player.play(JSON.parse(lines[index]));
    console.log(MARK + JSON.stringify({ index, seen }));
  }
  player.stop();
}
