/** That what a program leaves behind is no line of the next one's. */
import { assertEquals } from "@std/assert";
import { test } from "node:test";
import dgram from "@x/dgram";
import type { AnySocket, DgramModule } from "../conformance/stage.ts";
import { Player } from "./play.ts";
import type { Plan, Program } from "./program.ts";

const plan: Plan = { type: "udp4", reuseAddr: false, lookup: "none", signal: false, heard: true, reactions: [] };
const asyncDispose = Symbol.asyncDispose ?? Symbol.for("nodejs.asyncDispose");

for (const call of ["dispose", "sendMany"] as const) {
  test(`a promise of ${call} that settles when its program is over leaves no line in the next`, async () => {
    const late: (() => void)[] = [];
    const method = call === "dispose" ? asyncDispose : call;
    const createSocket = (...values: unknown[]): AnySocket => {
      const socket = (dgram.createSocket as (...values: unknown[]) => AnySocket)(...values);
      socket[method] = () => new Promise<void>((done) => late.push(done));
      return socket;
    };
    const player = new Player({ ...dgram, createSocket } as unknown as DgramModule);
    const program: Program = {
      own: true,
      sockets: [plan],
      turns: [{
        ops: call === "dispose"
          ? [{ on: 0, number: 1, call }]
          : [{ on: 0, number: 1, call, messages: [], form: "auto", port: 9 }],
        then: "immediate",
      }],
    };
    await player.play(program);
    const next = player.play({ ...program, turns: [] });
    for (const settle of late) settle();
    const seen = await next;
    player.stop();
    assertEquals(late.length, 1);
    assertEquals(seen.filter((line) => line.includes("#1")), []);
  });
}
