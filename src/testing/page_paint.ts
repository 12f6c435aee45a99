import type { PageTrace } from "./page_data.ts";
import type { PageContext } from "./page_dom.ts";

/** What of a trace is in view. */
export interface PageView {
  /** The times at the left and the right. */
  from: number;
  to: number;
  /** How far the lanes are scrolled, in pixels. */
  scroll: number;
  width: number;
  height: number;
  /** Where the lanes begin. */
  left: number;
  top: number;
  lane: number;
  selected: number;
  shown: Uint8Array;
}

/** What was drawn. */
export interface Painted {
  readonly first: number;
  readonly end: number;
  /** How many datagrams. */
  readonly count: number;
  /** They were too many to be drawn one by one. */
  readonly summed: boolean;
}

/** Runs in the page: it uses nothing but what it is given. */
export function paintTrace(
  context: PageContext,
  trace: PageTrace,
  view: PageView,
  color: (name: string) => string,
  showTime: (time: number, step: number) => string,
): Painted {
  const { since, until, latest, from, to, fate, fates, hosts, count: all } = trace;
  const { width, height, left, top, lane, shown, selected } = view;
  const mostDrawn = 12_000;
  const x = (time: number): number => left + (time - view.from) / (view.to - view.from) * (width - left);
  const y = (host: number): number => top + lane * (host + 0.5) - view.scroll;
  /** The first place whose time is not before this one. */
  const search = (times: Float64Array, time: number): number => {
    let [low, high] = [0, all];
    while (low < high) {
      const middle = low + high >> 1;
      if (times[middle] < time) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const first = search(latest, view.from);
  const end = search(since, view.to + 1);
  let count = 0;
  for (let i = first; i < end; i++) if (shown[i] && until[i] >= view.from) count++;
  const summed = count > mostDrawn;

  context.clearRect(0, 0, width, height);
  context.textBaseline = "middle";
  context.font = "12px ui-sans-serif, system-ui, sans-serif";
  const firstLane = Math.max(0, Math.floor(view.scroll / lane));
  const lastLane = Math.min(hosts.length - 1, Math.ceil((view.scroll + height - top) / lane));
  paintAxis();
  context.save();
  context.beginPath();
  context.rect(left - 7, top, width - left + 7, height - top);
  context.clip();
  for (let host = firstLane; host <= lastLane; host++) {
    context.fillStyle = color("lane");
    context.fillRect(left, Math.round(y(host) + (summed ? lane / 2 - 3 : 0)), width - left, 1);
  }
  if (summed) paintSums();
  else fates.forEach((_, number) => paintFate(number));
  if (selected >= 0) paintSelected();
  context.restore();
  context.textAlign = "right";
  for (let host = firstLane; host <= lastLane; host++) {
    context.fillStyle = color("text");
    if (y(host) > top) context.fillText(shortened(hosts[host], left - 16), left - 12, y(host));
  }
  return { first, end, count, summed };

  /** A name without its middle, if it is wider than that. */
  function shortened(name: string, most: number): string {
    const { width } = context.measureText(name);
    if (width <= most) return name;
    const letters = [...name];
    const each = Math.max(1, Math.floor((letters.length * most / width - 1) / 2));
    return `${letters.slice(0, each).join("")}…${letters.slice(-each).join("")}`;
  }

  function paintAxis(): void {
    const rough = (view.to - view.from) / Math.max(2, (width - left) / 96);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = Math.max(1, [1, 2, 5, 10].map((times) => times * power).find((each) => each >= rough)!);
    context.textAlign = "center";
    for (let time = Math.ceil(view.from / step) * step; time <= view.to; time += step) {
      context.fillStyle = color("grid");
      context.fillRect(Math.round(x(time)), top - 4, 1, height - top + 4);
      context.fillStyle = color("quiet");
      const at = Math.max(left + 26, Math.min(width - 30, x(time)));
      context.fillText(showTime(time, step), at, top / 2 - 1);
    }
  }

  /** All of one fate, in one path. */
  function paintFate(number: number): void {
    const style = color(fates[number]);
    context.strokeStyle = context.fillStyle = style;
    context.lineWidth = 1.4;
    context.globalAlpha = count > 2000 ? 0.45 : 0.9;
    context.beginPath();
    for (let i = first; i < end; i++) if (shown[i] && fate[i] >> 1 === number && until[i] >= view.from) line(i);
    context.stroke();
    context.globalAlpha = 1;
  }

  function line(i: number): void {
    const onLink = (fate[i] & 1) === 1;
    const [x1, y1, x2, y2] = [x(since[i]), y(from[i]), x(until[i]), y(to[i])];
    if (from[i] === to[i]) {
      context.moveTo(x1, y1);
      context.lineTo(x1 + 4, y1 - 8);
      context.lineTo(x1 + 8, y1);
      return;
    }
    const [xe, ye] = onLink ? [x1 + 6, y1 + (y2 - y1) * 0.4] : [x2, y2];
    context.moveTo(x1, y1);
    context.lineTo(xe, ye);
    if (count > 3000) return;
    if (fates[fate[i] >> 1] !== "delivered") {
      context.moveTo(xe - 4, ye - 4);
      context.lineTo(xe + 4, ye + 4);
      context.moveTo(xe - 4, ye + 4);
      context.lineTo(xe + 4, ye - 4);
      return;
    }
    const angle = Math.atan2(ye - y1, xe - x1);
    for (const side of [2.7, -2.7]) {
      context.moveTo(xe, ye);
      context.lineTo(xe + 7 * Math.cos(angle + side), ye + 7 * Math.sin(angle + side));
    }
  }

  /** How many each host sent by pixels of time, and how many of these did not come through. */
  function paintSums(): void {
    const pixels = Math.ceil((width - left) / 2);
    const lanes = Math.max(0, lastLane - firstLane + 1);
    const [good, bad] = [new Uint32Array(pixels * lanes), new Uint32Array(pixels * lanes)];
    const isGood = fates.map((each) => each === "delivered");
    let most = 1;
    for (let i = first; i < end; i++) {
      const host = from[i] - firstLane;
      const pixel = Math.floor((x(since[i]) - left) / 2);
      if (!shown[i] || host < 0 || host >= lanes || pixel < 0 || pixel >= pixels) continue;
      const place = host * pixels + pixel;
      if (isGood[fate[i] >> 1]) good[place]++;
      else bad[place]++;
      most = Math.max(most, good[place] + bad[place]);
    }
    const scale = (lane - 8) / most;
    for (let place = 0; place < good.length; place++) {
      const sum = good[place] + bad[place];
      if (sum === 0) continue;
      const at = left + 2 * (place % pixels);
      const base = y(firstLane + Math.floor(place / pixels)) + lane / 2 - 3;
      const tall = Math.max(1, scale * sum);
      const lost = tall * bad[place] / sum;
      context.fillStyle = color("delivered");
      context.fillRect(at, base - tall, 2, tall - lost);
      context.fillStyle = color("lost");
      context.fillRect(at, base - lost, 2, lost);
    }
  }

  function paintSelected(): void {
    context.strokeStyle = color("focus");
    context.lineWidth = 3.5;
    context.beginPath();
    line(selected);
    context.stroke();
    context.fillStyle = color("focus");
    context.beginPath();
    context.arc(x(since[selected]), y(from[selected]), 4.5, 0, 7);
    context.fill();
  }
}
