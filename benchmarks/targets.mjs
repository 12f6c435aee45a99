// What the module is to reach, and what it reached: one row for each target.
import { makesRows } from "./contenders.mjs";
import { byTurns, turns, turnsFigure } from "./experiments/by_turns.mjs";
import { congestedRatio, mostCongested } from "./experiments/congested.mjs";
import { growthOf, mostGrowth, peers, sockets } from "./experiments/scale.mjs";
import { mostLoadTime } from "./experiments/load_time.mjs";
import { gainOf, rowModes } from "./experiments/segments.mjs";
import { latestTimer, listenerCosts } from "./experiments/starvation.mjs";
import { one, two } from "./rows.mjs";
import { works } from "./works.mjs";

const bases = { limit: "C sendmmsg/recvmmsg", own: "the runtime's own node:dgram", native: "its native API" };
const nodes = ["Node 20", "Node 24", "Node 26"];
const both = "Deno --unstable-net --allow-ffi";

/** CPU that is at most so many times that of `base`; `limit` may be two, for datagrams of 64 and of 1400 bytes. */
const atMost = (who, work, base, limit, name = `@x/dgram, ${who}`) => ({ name, work, base, limit });
/** CPU that is better by at least this factor. */
const betterBy = (who, work, base, factor, name = `@x/dgram, ${who}`) => ({ name, work, base, factor });

const ratioTargets = [
  atMost(both, "pair", "limit", [1, 2]),
  betterBy(both, "pair", "own", 5),
  betterBy(both, "pair", "native", 2),
  betterBy("Deno listenDatagram", "pair", "own", 2.5),
  atMost("Deno listenDatagram", "pair", "native", 1.05),
  betterBy("Deno", "pair", "own", 1),
  atMost("Bun", "pair", "limit", [0.8, 1.6]),
  betterBy("Bun", "pair", "own", 1.35),
  atMost("Bun", "pair", "native", 1.05),
  ...nodes.map((node) => atMost("", "pair", "limit", [1, 2], `@x/dgram/ffi, ${node}`)),
  betterBy("", "pair", "own", 1.7, "@x/dgram/ffi, Node 26"),
  ...[both, "Bun", "Node 26"].map((runtime) => atMost(runtime, "pair", "limit", 1.5, `batches, ${runtime}`)),
  ...[both, "Node 26"].map((runtime) => atMost(runtime, "pair", "limit", [0.8, 1.5], `pooled, ${runtime}`)),
  betterBy(both, "pair", "native", 2, `pooled, ${both}`),
  atMost("Deno listenDatagram", "pair", "native", 1.05, "pooled, Deno listenDatagram"),
  betterBy("", "pair", "own", 1.7, "pooled, Node 26"),
  ...[`@x/dgram, ${both}`, "@x/dgram, Bun", ...nodes.map((node) => `@x/dgram/ffi, ${node}`)].map((name) =>
    atMost("", "send", "limit", [0.8, 1.2], name)
  ),
  ...["Deno", "Deno listenDatagram", both].map((flags) => betterBy(flags, "echo", "own", 3)),
];

const compare = (values, passes) => {
  if (values.every((value) => value === undefined)) return "not measured";
  return values.every((value, place) => value === undefined || passes(value, place)) ? "reached" : "missed";
};

/** The figures are compared as they are printed. */
const rounded = (value) => Number(value.toFixed(2));

function ratioRow({ figures, contenders }, { name, work, base, limit, factor }) {
  const contender = contenders.find((each) => each.name === name);
  const title = works[work].title.toLowerCase();
  const what = limit === undefined
    ? `CPU, ${title}: at least ${factor} times better than ${bases[base]}`
    : `CPU, ${title}: at most ${[limit].flat().join(" / ")} times ${bases[base]}`;
  const ratios = contender === undefined
    ? []
    : works[work].sizes.map((size) => figures.ratio(work, size, name, figures.bases(contender)[base]));
  const values = limit === undefined ? ratios.map((ratio) => ratio && 1 / ratio) : ratios;
  const limits = values.map((_, place) => Array.isArray(limit) ? limit[place] : limit);
  const verdict = compare(
    values,
    (value, place) => limit === undefined ? rounded(value) >= factor : rounded(value) <= limits[place],
  );
  return [name, what, values.map(two).join(" / ") || "–", verdict];
}

function scaleRows({ figures, contenders }, experiment, what) {
  return contenders.filter((contender) => contender.kind === "ours" && experiment.takesPart(contender)).map(
    (contender) => {
      const growth = growthOf(figures, experiment, contender);
      const limit = contenders.find((each) => each.limit);
      const ofC = limit === undefined ? "" : `; C: ${growthOf(figures, experiment, limit).map(two).join(" / ")}`;
      const verdict = compare(growth, (value) => rounded(value) <= mostGrowth);
      return [
        contender.name,
        `CPU with ${what}: at most ${mostGrowth} times that with 1`,
        growth.map(two).join(" / ") + ofC,
        verdict,
      ];
    },
  );
}

function starvationRows({ figures, contenders }) {
  const rows = contenders.filter(({ kind, runtime }) => kind === "ours" && !/20|24/.test(runtime));
  return rows.map(({ name, runtime }) => {
    const own = contenders.find((each) => each.kind === "own" && each.runtime === runtime)?.name;
    const latest = (who) => listenerCosts.map((cost) => figures.most("starvation", cost, who, "max"));
    const values = latest(name);
    return [
      name,
      `a 10 ms timer under a flood: under ${latestTimer} ms late (with a listener of ${listenerCosts.join(" / ")} µs)`,
      `${values.map(one).join(" / ")}; own: ${latest(own).map(one).join(" / ")}`,
      compare(values, (value) => value < latestTimer),
    ];
  });
}

function congestedRows({ figures, contenders }) {
  return nodes.flatMap((node) => contenders.filter(({ name }) => name === `@x/dgram, ${node}`)).map((contender) => {
    const ratio = congestedRatio(figures, contender);
    return [
      contender.name,
      `CPU while datagrams wait for a slow link: at most ${mostCongested} times ${bases.own}`,
      two(ratio),
      compare([ratio], (value) => rounded(value) <= mostCongested),
    ];
  });
}

function turnsRows({ figures, contenders }) {
  return Object.entries(turns).flatMap(([comparison, { head, most, takesPart, asked }]) =>
    contenders.filter((each) => byTurns.takesPart(each) && takesPart(each) && asked(each)).map((contender) => {
      const figure = turnsFigure(figures, contender, comparison);
      const verdict = compare([figure], (value) => rounded(value) <= most);
      return [contender.name, `CPU by turns, ${head}: at most ${two(most)}`, two(figure), verdict];
    })
  );
}

function segmentRows({ figures, contenders }) {
  return contenders.filter(makesRows).flatMap((contender) =>
    rowModes.map(({ mode, title, leastGain, where }) => {
      const gains = where.map((place) => gainOf(figures, contender, place, mode));
      return [
        contender.name,
        `${title}: at least ${leastGain} times the bytes a second of single sends (${where.join(" / ")})`,
        gains.map(two).join(" / "),
        compare(gains, (value) => rounded(value) >= leastGain),
      ];
    })
  );
}

/** The event API's CPU times this, for the other entries. */
const entryLimits = { batches: 1, pooled: 1, "for await": 1.3, streams: 2 };

function entryRows({ figures, contenders }) {
  return contenders.filter(({ kind }) => kind === "entry").map((contender) => {
    const { name } = contender;
    const limit = Object.entries(entryLimits).find(([how]) => name.startsWith(how))[1];
    const ratios = ["pair", "receive"].map((work) => figures.ratio(work, 64, name, figures.bases(contender).events));
    return [
      name,
      `CPU, in one process / receive only: at most ${limit} times the event API`,
      ratios.map(two).join(" / "),
      compare(ratios, (value) => rounded(value) <= limit),
    ];
  });
}

function loadRows({ figures, contenders }) {
  return contenders.filter(({ name, kind }) => kind === "ours" && name.startsWith("@x/dgram,")).map(({ name }) => {
    const more = figures.value("load", "import", name, "more");
    return [
      name,
      `load time: under ${mostLoadTime} ms more than node:dgram`,
      `${one(more)} ms`,
      compare([more], (value) => value < mostLoadTime),
    ];
  });
}

/** kB. */
const mostKilobytes = 40;

function sizeRow({ kilobytes }) {
  const verdict = compare([kilobytes], (value) => value < mostKilobytes);
  return [
    "@x/dgram",
    `the main entry as Node reads it, minified: under ${mostKilobytes} kB`,
    `${one(kilobytes)} kB`,
    verdict,
  ];
}

export const targetsHead = ["who", "target", "reached", ""];

/** A row for each target of what was measured. */
export function targetRows(report) {
  const rows = [
    ...ratioTargets.map((target) => ratioRow(report, target)),
    ...segmentRows(report),
    ...turnsRows(report),
    ...scaleRows(report, sockets, "10 / 100 / 1,000 sockets"),
    ...scaleRows(report, peers, "4 / 16 / 64 peers per batch"),
    ...starvationRows(report),
    ...congestedRows(report),
    ...entryRows(report),
    ...loadRows(report),
    sizeRow(report),
  ];
  return rows.filter(([, , , verdict]) => verdict !== "not measured");
}

/** `N of M targets are reached`. */
export function targetsLine(rows) {
  const reached = rows.filter(([, , , verdict]) => verdict === "reached").length;
  return `${reached} of ${rows.length} are reached.`;
}
