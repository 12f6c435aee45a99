// Whether something grows, by its samples.

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

/** So many points at most: the slopes of all pairs are looked at. */
const MOST_POINTS = 240;

const LEAST_NOISE = 0.05;

function thinned(points) {
  const each = Math.ceil(points.length / MOST_POINTS);
  const bins = [];
  for (let i = 0; i < points.length; i += each) {
    const bin = points.slice(i, i + each);
    bins.push({ at: median(bin.map(({ at }) => at)), value: median(bin.map(({ value }) => value)) });
  }
  return bins;
}

/**
 * The slope of Theil and Sen, the median of those of all pairs of points, with the interval that has it in 95 of 100 cases
 * (Sen 1968), and the noise: three standard deviations of what is left without it, as their median tells (1.4826 MAD), or
 * a twentieth of what there is: engines learn of a program for minutes (on Node 20 a heap of 5.5 MB grew by 8 % in two
 * minutes, and by less than 1 % in the next two). It grows where the interval lies above 0 and what it has grown by is more than the noise.
 *
 * @param points { at, value }, of which the first third is left out: it has what a program needs once
 */
export function growthOf(points) {
  const kept = thinned(points.slice(Math.ceil(points.length / 3)));
  const n = kept.length;
  if (n < 4) return { perMinute: 0, lower: 0, upper: 0, grown: 0, noise: 0, grows: false };
  const slopes = [];
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) slopes.push((kept[j].value - kept[i].value) / (kept[j].at - kept[i].at));
  }
  slopes.sort((a, b) => a - b);
  const slope = median(slopes);
  const half = 1.96 * Math.sqrt(n * (n - 1) * (2 * n + 5) / 18);
  const at = (index) => slopes[Math.max(0, Math.min(slopes.length - 1, Math.round(index)))];
  const [lower, upper] = [at((slopes.length - half) / 2), at((slopes.length + half) / 2)];
  const middle = median(kept.map(({ at, value }) => value - slope * at));
  const spread = 3 * 1.4826 * median(kept.map(({ at, value }) => Math.abs(value - slope * at - middle)));
  const noise = Math.max(spread, LEAST_NOISE * Math.abs(median(kept.map(({ value }) => value))));
  const grown = slope * (kept.at(-1).at - kept[0].at);
  return {
    perMinute: slope * 60,
    lower: lower * 60,
    upper: upper * 60,
    grown,
    noise,
    grows: lower > 0 && grown > noise,
  };
}
