// Floods an observed socket by a Python program, and compares what is counted with what was sent and with /proc/net/udp.
//
//   node scripts/count_flood.mjs [--count 1000000] [--ffi]     (npm run build first; Linux, python3; also on Deno and Bun)
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { count: { type: "string", default: "1000000" }, ffi: { type: "boolean" } } });
const count = Number(values.count);
const { createSocket, capabilities } = await import(values.ffi ? "@x/dgram/ffi" : "@x/dgram");
const { observe } = await import("@x/dgram/observe");

const socket = createSocket("udp4");
const observation = observe(socket);
let heard = 0;
socket.on("message", () => heard++);
const { port } = socket.bindSync({ address: "127.0.0.1" });

const peer = spawn("python3", ["-u", fileURLToPath(new URL("../tests/peers/flood.py", import.meta.url))], {
  stdio: ["pipe", "pipe", "inherit"],
});
peer.stdin.end(`${JSON.stringify({ port, count, size: 100 })}\n`);
const { sent } = await new Promise((done) =>
  createInterface(peer.stdout).once("line", (line) => done(JSON.parse(line)))
);

const accounted = ({ received, kernel }) => received.datagrams + received.lost + kernel.dropped;
const end = performance.now() + 10_000;
while (accounted(observation.read()) < sent && performance.now() < end) {
  await new Promise((done) => setTimeout(done, 20));
}

const stats = observation.read();
const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
const rows = readFileSync("/proc/net/udp", "utf8").trimEnd().split("\n").map((line) => line.trim().split(/\s+/));
// Whoever is connected to it has its address in the next column.
const drops = Number(rows.find(([, address]) => address === local).at(-1));
const { received, kernel, missing } = stats;
console.log(
  `${capabilities.backend}: sent ${sent} = received ${received.datagrams} + lost ${received.lost} + dropped ${kernel.dropped}` +
    ` (/proc/net/udp: ${drops}); delivered ${received.delivered}, heard ${heard}`,
);
if (kernel.dropped === undefined) console.log(missing["kernel.dropped"]);
const isRight = accounted(stats) === sent && kernel.dropped === drops && received.delivered === heard;
console.log(isRight ? "equal" : "NOT EQUAL");
process.exitCode = isRight ? 0 : 1;
socket.close();
