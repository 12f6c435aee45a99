import type { PackedTrace, PageTrace } from "./page_data.ts";
import type { PageCanvas, PageElement, PageEvent, PageWindow } from "./page_dom.ts";
import type { PageView, Painted, paintTrace } from "./page_paint.ts";

/** What the script is given, since it can't import it. */
export interface PageParts {
  readonly packed: PackedTrace;
  readonly unpack: (packed: PackedTrace, decode: (base64: string) => string) => PageTrace;
  readonly filter: (trace: PageTrace, text: string, hidden: ReadonlySet<string>) => Uint8Array;
  readonly paint: typeof paintTrace;
}

/** Runs in the page: it uses nothing but what it is given. */
export function runPage(window: PageWindow, { packed, unpack, filter, paint }: PageParts): void {
  const { document } = window;
  const find = (id: string): PageElement => document.getElementById(id)!;
  const canvas = find("canvas") as PageCanvas;
  const context = canvas.getContext("2d");
  const trace = unpack(packed, (text) => window.atob(text));
  const { count, since, until, from, to, fate, fates, id, hosts, texts } = trace;
  const begin = count > 0 ? since[0] : 0;
  const last = Math.max(begin + 10, count > 0 ? trace.latest[count - 1] : 0);
  const margin = (last - begin) * 0.03;
  const hidden = new Set<string>();
  const counts = fates.map((_, number) => fate.reduce((sum, each) => sum + (each >> 1 === number ? 1 : 0), 0));
  const view: PageView = {
    from: begin - margin,
    to: last + margin,
    scroll: 0,
    width: 0,
    height: 0,
    left: 0,
    top: 30,
    lane: 0,
    selected: -1,
    shown: filter(trace, "", hidden),
  };
  let painted: Painted;
  let colors = new Map<string, string>();
  let waits = false;
  let matching = count;

  const number = (value: number): string => value.toLocaleString("en");

  function showTime(time: number, step: number): string {
    const [unit, name] = step >= 1e7
      ? [1e7, "s"]
      : step >= 1e4 || (time === 0 && step >= 10)
      ? [1e4, "ms"]
      : [10, "µs"];
    return `${number(Math.round(time / unit * 1000) / 1000 || 0)} ${name}`;
  }

  function colorOf(name: string): string {
    const key = name.replace(" ", "-");
    let color = colors.get(key);
    if (color === undefined) {
      color = window.getComputedStyle(document.documentElement).getPropertyValue(`--${key}`).trim();
      color ||= window.getComputedStyle(document.documentElement).getPropertyValue("--other").trim();
      colors.set(key, color);
    }
    return color;
  }

  function draw(): void {
    if (waits) return;
    waits = true;
    window.requestAnimationFrame(() => {
      waits = false;
      paintNow();
    });
  }

  function paintNow(): void {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const longest = Math.max(...hosts.slice(0, 1000).map(({ length }) => length), 2);
    view.width = width;
    view.height = height;
    view.left = Math.min(28 + 7 * longest, Math.max(72, width * 0.24));
    view.lane = Math.max(34, Math.min(150, (height - view.top - 8) / Math.max(1, hosts.length)));
    const most = Math.max(0, view.lane * hosts.length - (height - view.top - 8));
    view.scroll = Math.max(0, Math.min(most, view.scroll));
    painted = paint(context, trace, view, colorOf, showTime);
    const span = `${showTime(Math.max(0, view.from), view.to - view.from)} to ${
      showTime(view.to, view.to - view.from)
    }`;
    find("status").textContent =
      `${number(painted.count)} in view, ${number(matching)} of ${number(count)} datagrams ` +
      `match; ${span}${painted.summed ? "; zoom in for single ones" : ""}`;
    Object.assign(canvas.dataset, {
      from: String(view.from),
      to: String(view.to),
      count: String(painted.count),
      matching: String(matching),
      summed: String(painted.summed),
      selected: String(view.selected < 0 ? "" : id[view.selected]),
    });
  }

  function zoom(factor: number, around = middle()): void {
    const span = Math.max(20, Math.min((last - begin) * 1.2 + 20, (view.to - view.from) * factor));
    const share = (around - view.from) / (view.to - view.from);
    view.from = around - share * span;
    view.to = view.from + span;
    pan(0);
  }

  /** What is looked at: the selected one, if it is in view. */
  function middle(): number {
    const time = view.selected < 0 ? NaN : since[view.selected];
    return time >= view.from && time <= view.to ? time : (view.from + view.to) / 2;
  }

  function pan(time: number): void {
    const span = view.to - view.from;
    const center = Math.max(begin, Math.min(last, (view.from + view.to) / 2 + time));
    view.from = center - span / 2;
    view.to = center + span / 2;
    draw();
  }

  function fit(): void {
    view.from = begin - margin;
    view.to = last + margin;
    view.scroll = 0;
    draw();
  }

  function refilter(): void {
    view.shown = filter(trace, find("filter").value, hidden);
    matching = view.shown.reduce((sum, each) => sum + each, 0);
    if (view.selected >= 0 && !view.shown[view.selected]) select(-1);
    draw();
  }

  const timeAt = (x: number): number => view.from + (x - view.left) / (view.width - view.left) * (view.to - view.from);

  /** The datagram whose line is nearest, within a finger's width. */
  function nearest(px: number, py: number): number {
    const x = (time: number): number =>
      view.left + (time - view.from) / (view.to - view.from) * (view.width - view.left);
    const y = (host: number): number => view.top + view.lane * (host + 0.5) - view.scroll;
    let [best, distance] = [-1, 14];
    for (let i = painted.first; i < painted.end; i++) {
      if (!view.shown[i]) continue;
      const onLink = (fate[i] & 1) === 1;
      const [x1, y1] = [x(since[i]), y(from[i])];
      const [dx, dy] = [onLink ? 6 : x(until[i]) - x1, (y(to[i]) - y1) * (onLink ? 0.4 : 1)];
      const share = Math.max(0, Math.min(1, ((px - x1) * dx + (py - y1) * dy) / (dx * dx + dy * dy || 1)));
      const away = Math.hypot(px - x1 - share * dx, py - y1 - share * dy);
      if (away < distance) [best, distance] = [i, away];
    }
    return best;
  }

  /** Selects the next one that matches, in this direction. */
  function selectNext(step: number): void {
    let place = view.selected < 0 ? (step > 0 ? painted.first - 1 : painted.end) : view.selected;
    do place += step; while (place >= 0 && place < count && !view.shown[place]);
    if (place < 0 || place >= count) return;
    select(place);
    const outside = since[place] < view.from || until[place] > view.to;
    if (outside) pan((since[place] + until[place]) / 2 - (view.from + view.to) / 2);
    const top = view.lane * Math.min(from[place], to[place]);
    if (top < view.scroll || top + view.lane > view.scroll + view.height - view.top) view.scroll = top;
  }

  function select(place: number): void {
    view.selected = place;
    find("details").hidden = place < 0;
    if (place >= 0) showDetails(place);
    draw();
  }

  function showDetails(place: number): void {
    const { start, size, bytes, reason, source, destination } = trace;
    const name = fates[fate[place] >> 1];
    const why = texts[reason[place]];
    const took = until[place] - since[place];
    find("title").textContent = `#${id[place]} ${hosts[from[place]]} → ${hosts[to[place]]}`;
    const rows = [
      ["Fate", why === "" ? name : `${name}: ${why}`],
      ["From", texts[source[place]]],
      ["To", texts[destination[place]]],
      ["Sent", showTime(since[place], 1e4)],
      ...took > 0 ? [["Arrived", `${showTime(until[place], 1e4)}, after ${showTime(took, 1e4)}`]] : [],
      ["Size", `${number(size[place])} bytes`],
    ];
    find("facts").replaceChildren(...rows.flatMap((row) =>
      row.map((text, column) => {
        const element = document.createElement(column === 0 ? "dt" : "dd");
        element.textContent = text;
        if (row[0] === "Fate" && column === 1) element.className = name.replace(" ", "-");
        return element;
      })
    ));
    find("hex").textContent = hexOf(bytes.subarray(start[place], start[place] + size[place]));
  }

  function hexOf(bytes: Uint8Array): string {
    const most = 4096;
    const lines: string[] = [];
    for (let at = 0; at < Math.min(most, bytes.length); at += 8) {
      const row = [...bytes.subarray(at, at + 8)];
      const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
      const text = row.map((byte) => byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "·").join("");
      lines.push(`${at.toString(16).padStart(4, "0")}  ${hex.padEnd(23)}  ${text}`);
    }
    if (bytes.length > most) lines.push(`… ${number(bytes.length - most)} bytes more`);
    return lines.join("\n");
  }

  function press(name: string, work: () => void): void {
    find(name).addEventListener("click", work);
  }

  const keys: Record<string, () => void> = {
    ArrowLeft: () => pan((view.from - view.to) / 8),
    ArrowRight: () => pan((view.to - view.from) / 8),
    ArrowUp: () => scroll(-view.lane),
    ArrowDown: () => scroll(view.lane),
    "+": () => zoom(0.6),
    "=": () => zoom(0.6),
    "-": () => zoom(1 / 0.6),
    "0": fit,
    Home: fit,
    n: () => selectNext(1),
    p: () => selectNext(-1),
    Escape: () => select(-1),
  };

  function scroll(pixels: number): void {
    view.scroll += pixels;
    draw();
  }

  canvas.addEventListener("keydown", (event) => {
    const work = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (work === undefined) return;
    event.preventDefault();
    work();
  });
  window.addEventListener("keydown", (event) => {
    if (event.target === find("filter")) {
      if (event.key === "Escape") canvas.focus();
    } else if (event.key === "/") {
      event.preventDefault();
      find("filter").focus();
    }
  });

  const pointers = new Map<number, PageEvent>();
  let moved = 0;
  canvas.addEventListener("pointerdown", (event) => {
    pointers.set(event.pointerId, event);
    canvas.setPointerCapture(event.pointerId);
    if (pointers.size === 1) moved = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (before === undefined) return;
    const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
    const other = [...pointers].find(([pointer]) => pointer !== event.pointerId)?.[1];
    if (other !== undefined) {
      const [old, now] = [before, event].map(({ clientX }) => Math.max(20, Math.abs(clientX - other.clientX)));
      zoom(old / now, timeAt((event.clientX + other.clientX) / 2 - canvas.getBoundingClientRect().left));
    }
    moved += Math.abs(dx) + Math.abs(dy);
    pointers.set(event.pointerId, event);
    if (moved < 5 || other !== undefined) return;
    view.scroll -= dy;
    pan(-dx / (view.width - view.left) * (view.to - view.from));
  });
  canvas.addEventListener("pointerup", (event) => {
    const wasClick = pointers.delete(event.pointerId) && moved < 5;
    const { left, top } = canvas.getBoundingClientRect();
    if (wasClick && !painted.summed) select(nearest(event.clientX - left, event.clientY - top));
  });
  canvas.addEventListener("pointercancel", (event) => void pointers.delete(event.pointerId));
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (event.shiftKey) scroll(event.deltaY || event.deltaX);
    else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan(event.deltaX / view.width * (view.to - view.from));
    else zoom(1.0015 ** event.deltaY, timeAt(event.clientX - canvas.getBoundingClientRect().left));
  }, { passive: false });

  find("fates").append(...fates.map((name, place) => {
    const button = document.createElement("button");
    button.className = name.replace(" ", "-");
    button.textContent = `${name} ${number(counts[place])}`;
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => {
      if (!hidden.delete(name)) hidden.add(name);
      button.setAttribute("aria-pressed", String(!hidden.has(name)));
      refilter();
    });
    return button;
  }));
  find("filter").addEventListener("input", refilter);
  press("in", keys["+"]);
  press("out", keys["-"]);
  press("fit", fit);
  press("previous", keys.p);
  press("next", keys.n);
  press("close", () => {
    select(-1);
    canvas.focus();
  });
  window.addEventListener("resize", draw);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    colors = new Map();
    draw();
  });
  paintNow();
}
