// The command line of the matrix.
export const usage = `npm test -- [--only TEXT]... [--skip TEXT]... [--file TEXT]... [--list] [--keep] [--jobs N]
         npm test -- --where MACHINE... [--only TEXT]... [--scenario TEXT] [--record]

  --only TEXT  only the cells whose name contains TEXT, such as bun, deno, "node 18", package or check
  --skip TEXT  without the cells whose name contains TEXT
  --file TEXT  only the test files whose path contains TEXT
  --list       print the cells' names and stop
  --keep       keep the bundles and reports of this run in .build (a failed run keeps them anyway)
  --jobs N     cells run at a time (3: half of what one takes is waiting)
  --may-lack RUNTIME
               node, deno or bun: a run in which none of its cells could run is not a failure for that alone

  --where MACHINE
               on the runtimes for another machine instead: arm64 (Linux, by qemu-user), musl (Linux, by Debian's musl)
               or wine (Windows, by Debian's Wine). What fails there and is so with the runtime's own node:dgram is
               counted apart
  --scenario TEXT
               only the scenarios whose name contains TEXT, and no users' programs
  --record     keep the answers for the tables of the documentation

Several --only, --skip or --file are alternatives. Example: npm test -- --only "deno source bare" --file smoke`;

function oneOf(names, name) {
  if (!names.includes(name)) throw new Error(`${name} is none of ${names.join(", ")}\n\n${usage}`);
  return name;
}

export function parseOptions(args) {
  const options = { only: [], skip: [], files: [], list: false, keep: false, jobs: 3, help: false };
  Object.assign(options, { mayLack: [], where: [], scenario: undefined, record: false });
  for (let i = 0; i < args.length; i++) {
    const [flag, inline] = args[i].split(/=(.*)/s);
    const value = () => {
      const text = inline ?? args[++i];
      if (text === undefined) throw new Error(`${flag} needs a value\n\n${usage}`);
      return text;
    };
    if (flag === "--only") options.only.push(value().toLowerCase());
    else if (flag === "--skip") options.skip.push(value().toLowerCase());
    else if (flag === "--file") options.files.push(value());
    else if (flag === "--jobs") options.jobs = Math.max(1, Number(value()) || 1);
    else if (flag === "--may-lack") options.mayLack.push(oneOf(["node", "deno", "bun"], value()));
    else if (flag === "--where") options.where.push(oneOf(["arm64", "musl", "wine"], value()));
    else if (flag === "--scenario") options.scenario = value();
    else if (flag === "--record") options.record = true;
    else if (flag === "--list") options.list = true;
    else if (flag === "--keep") options.keep = true;
    else if (flag === "--help" || flag === "-h") options.help = true;
    else throw new Error(`unknown argument ${args[i]}\n\n${usage}`);
  }
  if (options.record && options.scenario !== undefined) throw new Error("--record keeps what all scenarios gave");
  return options;
}
