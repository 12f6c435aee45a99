/** Links as they are found. The page on networks in memory has the sources of the figures. */
import type { Faults } from "./faults.ts";

/** What a link is like in each direction, for `net.link(a, b, ...presets.wifi)`: from the user's side, and back to it. */
export type Preset = readonly [there: Readonly<Faults>, back: Readonly<Faults>];

const MEGABIT = 1_000_000;

const wifi: Faults = {
  latency: "5ms",
  jitter: "2ms",
  // A hundredth, in bursts of four.
  loss: { toBad: 0.0025, toGood: 0.25 },
  bandwidth: 100 * MEGABIT,
  queue: 200_000,
};

const dataCenter: Faults = {
  latency: { distribution: "long-tailed", minimum: "100us", mean: "134us" },
  loss: 0.000_05,
  bandwidth: 10_000 * MEGABIT,
  queue: 1_000_000,
};

/** Links by name: Wi-Fi at home, 4G at its slower end, a satellite in the geostationary orbit, a data centre. */
export const presets: {
  readonly wifi: Preset;
  readonly mobile4G: Preset;
  readonly satellite: Preset;
  readonly dataCenter: Preset;
} = {
  wifi: [wifi, wifi],
  mobile4G: [
    { latency: "75ms", jitter: "15ms", bandwidth: 0.75 * MEGABIT, queue: 100_000 },
    { latency: "75ms", jitter: "15ms", bandwidth: 1.6 * MEGABIT, queue: 200_000 },
  ],
  satellite: [
    { latency: "325ms", bandwidth: 10 * MEGABIT, queue: 800_000 },
    { latency: "325ms", bandwidth: 50 * MEGABIT, queue: 4_000_000 },
  ],
  dataCenter: [dataCenter, dataCenter],
};
