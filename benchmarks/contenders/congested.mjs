// Datagrams that wait for a slow link, to which nobody listens: always as many, since another is sent for each that left.
// Run as: PROGRAM COUNT SIZE WARM_UP_MS MEASURE_MS ADDRESS
import process from "node:process";

const { createSocket } = await import(process.env.DGRAM_BENCH_PACKAGE ?? "node:dgram");
const [count, size, warmUp, measure] = process.argv.slice(2).map(Number);
const address = process.argv[6];
const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const payload = new Uint8Array(size).fill(7);
const socket = createSocket("udp4");
await new Promise((resolve) => socket.bind(0, resolve));
let sent = 0;
function send() {
  socket.send(payload, 9, address, (error) => {
    if (error) throw error;
    sent++;
    send();
  });
}
for (let i = 0; i < count; i++) send();
await after(warmUp);
const [started, before, leftBefore] = [performance.now(), process.cpuUsage(), sent];
await after(measure);
const { user, system } = process.cpuUsage(before);
const result = { cpu: user + system, seconds: (performance.now() - started) / 1000, left: sent - leftBefore };
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
