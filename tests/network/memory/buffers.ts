/** Scenarios: how much a receive buffer holds, when nobody reads. */
import type { Play, Scenario } from "./play.ts";
import { ADDRESS } from "./stage.ts";

const PORT = 5000;
const any = (family: 4 | 6): object => ({ port: PORT, address: family === 4 ? "0.0.0.0" : "::" });

/** Has more sent than there is room for, and then reads what has found some. */
async function overflow(play: Play, family: 4 | 6, room: number | undefined, sizes: readonly number[]): Promise<void> {
  const b = await play.open("b", `udp${family}`, any(family));
  const a = await play.open("a", `udp${family}`, any(family));
  if (room !== undefined) await b.call("setRecvBufferSize", room);
  await b.call("getRecvBufferSize");
  for (const size of sizes) {
    await b.call("pause");
    await a.call(
      "flood",
      Math.ceil((room ?? 106_496) * 2 / Math.max(size, 700)) + 20,
      { size },
      PORT,
      ADDRESS.b[family],
    );
    await play.settle();
    await b.call("resume");
    await play.settle();
  }
}

export const buffers: readonly Scenario[] = [
  {
    name: "a small receive buffer keeps as many as Linux's, of each size",
    async play(play, family) {
      await overflow(play, family, 8192, [0, 1, 100, 192, 256, 500, 512, 700, 1000, 1400]);
    },
  },
  {
    name: "a receive buffer of the default size keeps as many as Linux's, of each size",
    async play(play, family) {
      await overflow(play, family, undefined, [1, 300, 1200, 1452]);
    },
  },
  {
    name: "a receive buffer keeps as many datagrams that came in pieces as Linux's",
    async play(play, family) {
      await overflow(play, family, undefined, [1473, 1700, 3000, 8000, 60_000]);
    },
  },
  {
    name: "an empty receive buffer takes one datagram, however long it is, as Linux's does",
    async play(play, family) {
      await overflow(play, family, 1, [1, 1400, 3000, 60_000]);
    },
  },
];
