// What a reader wants to know first: what a datagram costs.
import { one, two } from "./rows.mjs";

const work = "pair";
const size = 64;

/** Who is told of, and what the reader calls it. */
const asked = {
  "@x/dgram, Node 26": "Node 26",
  "@x/dgram/ffi, Node 26": "Node 26 through `@x/dgram/ffi`",
  "@x/dgram, Deno": "Deno",
  "@x/dgram, Deno --unstable-net --allow-ffi": "Deno with `--allow-ffi` and `--unstable-net`",
  "@x/dgram, Bun": "Bun",
};

function ratios({ figures, contenders }, name) {
  const contender = contenders.find((each) => each.name === name);
  if (contender === undefined) return {};
  const { own, limit } = figures.bases(contender);
  return { own: figures.ratio(work, size, name, own), c: figures.ratio(work, size, name, limit) };
}

/** The benchmark page's beginning: a line for each runtime. */
export function answer(report) {
  const lines = Object.entries(asked).flatMap(([name, shown]) => {
    const { own, c } = ratios(report, name);
    return own === undefined ? [] : [`- **${shown}**: ${two(own)} of \`node:dgram\`'s, ${one(c)} times C's`];
  });
  return `What a datagram of ${size} bytes costs, sent and received in one process, in CPU time:

${lines.join("\n")}

\`node:dgram\` is the runtime's own; C is a program that moves 32 datagrams with each system call.`;
}

/** The README's one line. */
export function costLine(report) {
  const own = (name) => two(ratios(report, name).own);
  const more = Object.keys(asked).filter((name) => name.startsWith("@x/dgram,")).flatMap((name) =>
    report.figures.value("load", "import", name, "more") ?? []
  );
  const load = more.length ? `, and loading it takes ${Math.round(Math.max(...more))} ms more at most` : "";
  return `A datagram takes ${
    own("@x/dgram, Node 26")
  } of the CPU time that the runtime's own \`node:dgram\` takes on Node 26, ${own("@x/dgram, Deno")} on Deno (${
    own("@x/dgram, Deno --unstable-net --allow-ffi")
  } with \`--allow-ffi\` and \`--unstable-net\`) and ${
    own("@x/dgram, Bun")
  } on Bun${load}: [the benchmarks](docs/benchmarks.md).`;
}
