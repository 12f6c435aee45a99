// The command line of the benchmark.
import { experiments } from "./experiments/mod.mjs";
import { works } from "./works.mjs";

const workNames = [...Object.keys(works), ...experiments.map(({ name }) => name)];

export const usage =
  `npm run bench -- [--quick] [--only TEXT]... [--work NAME]... [--rounds N] [--against DIR] [--json FILE]

  --quick        few contenders, the work in one process with 64 bytes, three rounds: about a minute
  --only TEXT    only the contenders whose name contains TEXT, such as "node 26", deno or sendMany; C comes along
  --work NAME    only this work: ${workNames.join(", ")}
  --size BYTES   only datagrams of this size: 64 or 1400
  --rounds N     rounds of each measurement (5; some have fewer)
  --against DIR  also the build of this module in another work tree, in the same rounds
  --json FILE    every single figure, for other programs
  --list         print the contenders' names and stop

A complete run takes about an hour and writes docs/benchmarks.md and docs/benchmarks.svg; with --quick,
--only, --work, --size, --against or fewer rounds nothing is written there. Several --only, --work or --size are alternatives.`;

/** Fewer make no figure that could be published. */
const leastRounds = 5;

export function parseOptions(args) {
  const options = { quick: false, only: [], works: [], sizes: [], rounds: undefined, list: false, help: false };
  for (let i = 0; i < args.length; i++) {
    const [flag, inline] = args[i].split(/=(.*)/s);
    const value = () => {
      const text = inline ?? args[++i];
      if (text === undefined) throw new Error(`${flag} needs a value\n\n${usage}`);
      return text;
    };
    if (flag === "--quick") options.quick = true;
    else if (flag === "--only") options.only.push(value().toLowerCase());
    else if (flag === "--work") options.works.push(value());
    else if (flag === "--size") options.sizes.push(Number(value()));
    else if (flag === "--rounds") options.rounds = Number(value());
    else if (flag === "--against") options.against = value();
    else if (flag === "--json") options.json = value();
    else if (flag === "--list") options.list = true;
    else if (flag === "--help" || flag === "-h") options.help = true;
    else throw new Error(`unknown argument ${args[i]}\n\n${usage}`);
  }
  const unknown = options.works.find((name) => !workNames.includes(name));
  if (unknown !== undefined) throw new Error(`no work is named ${unknown}\n\n${usage}`);
  if (options.rounds !== undefined && !(options.rounds >= 1 && options.rounds <= 100)) {
    throw new Error(`--rounds takes 1 to 100\n\n${usage}`);
  }
  const { quick, only, against } = options;
  options.complete = !quick && !only.length && !options.works.length && !options.sizes.length && !against;
  if (quick && !options.works.length) options.works.push("pair");
  if (quick && !options.sizes.length) options.sizes.push(64);
  options.rounds ??= quick ? 3 : leastRounds;
  options.complete &&= options.rounds >= leastRounds;
  return options;
}
