import { spawnSync } from "node:child_process";
import { commandFor } from "../contenders.mjs";
import { runProgram } from "../measure.mjs";
import { one, two } from "../rows.mjs";

const COUNT = 2000;
const SIZE = 1200;
/** Until the engine has compiled what it will: some 32,000 datagrams. After half of it Node 26 still compiles. */
const WARM_UP = 8000;
const MEASURE = 2000;
const RATE = "40mbit";
const NOBODY = "10.78.0.2";
/** Times the CPU of the runtime's own node:dgram. */
export const mostCongested = 1.2;

/** A link of that rate to nobody, in a network namespace that goes with the command that is run there. */
const SLOW_LINK = `ip link add name slow type veth peer name far &&
ip address add 10.78.0.1/24 dev slow && ip link set slow up && ip link set far up &&
ip neighbour add ${NOBODY} lladdr 02:00:00:00:00:02 dev slow &&
tc qdisc add dev slow root tbf rate ${RATE} burst 20000 limit 4000000 && exec "$@"`;
const within = (command) => ["unshare", "--net", "sh", "-c", SLOW_LINK, "sh", ...command];

/** Why there can be no slow link here, or undefined. */
function reasonAgainst() {
  const [command, ...args] = within(["true"]);
  const { error, status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (error) return `needs unshare: ${error.message}`;
  return status === 0 ? undefined : `needs root, ip and tc: ${stderr.trim().split("\n")[0]}`;
}

/** CPU while more datagrams wait than the kernel has room for. */
export const congested = {
  name: "congested",
  title: `${COUNT.toLocaleString("en")} datagrams that wait for a slow link`,
  rounds: 4,
  note: `In a network namespace with a link of ${
    RATE.replace("mbit", " Mbit/s")
  }: ${COUNT} datagrams of ${SIZE} bytes, each with a callback, are sent at once, and
another one for each that leaves. Most have to wait, since the send buffer has room for some hundred. The process's CPU in
ms for each of ${MEASURE / 1000} seconds, after ${
    WARM_UP / 1000
  } seconds in which the engine compiles what it runs often, beside how many left in a
second, which is the link's doing.`,
  get unavailable() {
    return reasonAgainst();
  },
  takesPart: ({ kind }) => kind === "ours" || kind === "own",
  async measure(contender) {
    const program = commandFor(contender, "congested");
    const run = within([...program, COUNT, SIZE, WARM_UP, MEASURE, NOBODY].map(String));
    const { result, problem } = await runProgram(run, contender.env);
    if (problem !== undefined) return { problem };
    const { cpu, seconds, left } = result;
    if (left === 0) return { problem: "nothing left" };
    return { results: [[SIZE, { cpu: cpu / 1000 / seconds, rate: left / seconds }]] };
  },
  head: ["CPU ms a second", "× own", "left a second"],
  cells(figures, contender) {
    const { name, kind } = contender;
    return [
      two(figures.value("congested", SIZE, name, "cpu")),
      kind === "own" ? "" : two(congestedRatio(figures, contender)),
      one(figures.value("congested", SIZE, name, "rate")),
    ];
  },
};

/** CPU as a multiple of that of the runtime's own node:dgram. */
export function congestedRatio(figures, contender) {
  return figures.ratio("congested", SIZE, contender.name, figures.bases(contender).own);
}
