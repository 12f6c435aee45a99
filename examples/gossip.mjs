// How fast a rumour gets around in a network in memory: each host that knows it tells some others, each round. What is said,
// and the picture, is the same on every runtime.
//
//   node examples/gossip.mjs [--hosts 100000] [--fanout 2] [--loss 0] [--seed 1] [--svg gossip.svg]
import { writeFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { createNetwork } from "@x/dgram/testing";

const PORT = 7946;
const ROUND = 200; // milliseconds of virtual time
const MOST_ROUNDS = 100;
const RUMOUR = new TextEncoder().encode("the config is at version 2");
const HEADERS = 28; // bytes, of IPv4 and UDP

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "100000" },
    fanout: { type: "string", default: "2" },
    loss: { type: "string", default: "0" },
    seed: { type: "string", default: "1" },
    svg: { type: "string" },
  },
});
const [hosts, fanout, loss, seed] = ["hosts", "fanout", "loss", "seed"].map((name) => Number(values[name]));
if (!(hosts >= 2 && hosts <= 1_000_000 && fanout >= 1 && fanout <= 100)) {
  console.error("gossip: --hosts has to be 2 to 1000000, and --fanout 1 to 100");
  process.exit(1);
}

/** Numbers below `limit`, the same for one seed everywhere (Lehmer's generator). */
let state = seed % 2_147_483_646 + 1;
function below(limit) {
  state = state * 48_271 % 2_147_483_647;
  return state % limit;
}

// A link that loses remembers its own chances: between very many hosts that is very much memory.
const net = createNetwork({ seed, link: loss > 0 ? { latency: "50ms", loss } : { latency: "50ms" } });
const addresses = [];
const sockets = [];
const informed = [];
const knows = new Uint8Array(hosts);
let sent = 0;

function learn(number) {
  if (knows[number]) return;
  knows[number] = 1;
  informed.push(number);
}

for (let number = 0; number < hosts; number++) {
  const host = net.host();
  const socket = host.dgram.createSocket("udp4", () => learn(number));
  socket.bindSync({ port: PORT });
  addresses.push(host.addresses[0]);
  sockets.push(socket);
}

function tellOthers(number) {
  for (let i = 0; i < fanout; i++) {
    sockets[number].send(RUMOUR, PORT, addresses[below(hosts)]);
    sent++;
  }
}

/** What share of the hosts knew it, by round. */
const shares = [];
learn(0);
while (informed.length < hosts && shares.length < MOST_ROUNDS) {
  shares.push(informed.length / hosts);
  // Those that learn it in this round tell it in the next one.
  for (let i = 0, { length } = informed; i < length; i++) tellOthers(informed[i]);
  await net.run({ for: ROUND });
}
shares.push(informed.length / hosts);
await net.close();

const kilobytes = sent * (RUMOUR.length + HEADERS) / 1000;
shares.forEach((share, round) => console.log(`round ${round}: ${(100 * share).toFixed(3)} % know it`));
console.log(
  `${hosts} hosts, fanout ${fanout}, loss ${loss}: ${informed.length} know it after ${shares.length - 1} rounds, ` +
    `${sent} datagrams, ${Math.round(kilobytes)} kB`,
);
if (values.svg !== undefined) writeFileSync(values.svg, picture());

function picture() {
  const [width, height, margin] = [640, 360, 48];
  const x = (round) => margin + round * (width - 2 * margin) / (shares.length - 1);
  const y = (share) => height - margin - share * (height - 2 * margin);
  const points = shares.map((share, round) => `${x(round).toFixed(1)},${y(share).toFixed(1)}`).join(" ");
  const label = (at, text, anchor = "middle") =>
    `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" text-anchor="${anchor}">${text}</text>`;
  const every = Math.ceil(shares.length / 12);
  const rounds = shares.map((_, round) => round % every === 0 ? label([x(round), height - margin + 18], round) : "");
  const percents = [0, 0.25, 0.5, 0.75, 1].map((share) =>
    `<path d="M${margin} ${y(share)}H${width - margin}" stroke="#ddd"/>` +
    label([margin - 6, y(share) + 4], `${100 * share} %`, "end")
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<rect width="${width}" height="${height}" fill="#fff"/>
${label([width / 2, 24], `Hosts that know it, of ${hosts}, by round: fanout ${fanout}, loss ${loss}`)}
${percents.join("\n")}
${rounds.join("\n")}
${label([width / 2, height - 8], "round")}
<polyline points="${points}" fill="none" stroke="#1667c2" stroke-width="2"/>
</svg>
`;
}
