// @ts-check
// Shows the routers on the way to a host: those that tell of hop limits that run out.
//
//   deno run --allow-net --allow-ffi --allow-sys examples/traceroute.mjs 192.0.2.1
//   node --experimental-ffi examples/traceroute.mjs 192.0.2.1 --hops 20 --wait 1000
import { randomBytes } from "node:crypto";
import { isIPv6 } from "node:net";
import process from "node:process";
import { parseArgs } from "node:util";
import { ancillarySupport, sendWith, watchIcmp } from "@x/dgram/ancillary";
import { createSocket } from "@x/dgram/ffi";

const PROBES = 3;
const FIRST_PORT = 33_434; // nobody listens at the ports from here on

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { hops: { type: "string", default: "30" }, wait: { type: "string", default: "1000" } },
});
const [address = "127.0.0.1"] = positionals;
const type = isIPv6(address) ? "udp6" : "udp4";
let port = FIRST_PORT;

/**
 * Sends one datagram that is to come so far, and waits for what is said of it.
 * @param {import("@x/dgram").Socket} socket
 * @param {number} hopLimit
 * @returns {Promise<{ offender: string | undefined; milliseconds: number; code: string; isLast: boolean } | null>}
 */
async function probe(socket, hopLimit) {
  // An error can be forged: this comes back with it, as far as the router sends the datagram back.
  const token = randomBytes(12);
  const to = port++;
  const since = performance.now();
  let stop = () => {};
  let timer;
  const answer = new Promise((done) => {
    timer = setTimeout(done, Number(values.wait), null);
    stop = watchIcmp(socket, ({ data, offender, code, icmpType, origin, ...about }) => {
      if (about.port !== to || !data.equals(token.subarray(0, data.length))) return;
      const isLast = icmpType !== (origin === "icmp" ? 11 : 3);
      done({ offender, milliseconds: performance.now() - since, code, isLast });
    });
  });
  try {
    await sendWith(socket, [{ data: token, port: to, address, hopLimit }]);
    return await answer;
  } finally {
    clearTimeout(timer);
    stop();
  }
}

async function main() {
  const socket = createSocket({ type, receiveInfo: true });
  try {
    const { support, note } = ancillarySupport(socket).icmp;
    if (support === "unavailable") throw new Error(`ICMP errors are not told here: ${note}`);
    socket.bindSync();
    for (let hops = 1, isThere = false; hops <= Number(values.hops) && !isThere; hops++) {
      const line = [`${hops}`];
      let last;
      for (let i = 0; i < PROBES; i++) {
        const answer = await probe(socket, hops);
        if (answer === null) line.push("*");
        else {
          if (answer.offender !== last) line.push(`${last = answer.offender}`);
          line.push(`${answer.milliseconds.toFixed(1)} ms`);
          // The host itself says that nobody has the port; whoever says something else lets nothing through.
          if (answer.isLast && answer.code !== "ECONNREFUSED") line.push(answer.code);
          isThere ||= answer.isLast;
        }
      }
      console.log(line.join("  "));
    }
  } finally {
    socket.close();
  }
}

main().catch((error) => {
  console.error(`traceroute: ${error.message}`);
  process.exitCode = 1;
});
