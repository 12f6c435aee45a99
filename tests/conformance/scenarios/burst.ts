import type { AnySocket } from "../stage.ts";

/** Sends the datagrams m0, m1, … in one turn. */
export function burst(from: AnySocket, to: AnySocket, count: number): void {
  for (let i = 0; i < count; i++) from.send(`m${i}`, to.address().port, "127.0.0.1");
}
