/** A program with every fault, whose trace is compared: with what it was, and between runtimes. */
import { createSocket } from "@x/dgram";
import { bind } from "@x/dgram/promises";
import { createNetwork, type Faults } from "@x/dgram/testing";
import { setImmediate } from "node:timers";
import process from "node:process";

const FAULTS: readonly Faults[] = [
  { loss: 0.2, latency: { distribution: "normal", mean: 20, deviation: 6 }, duplicate: 0.1 },
  { loss: { toBad: 0.1, toGood: 0.3 }, latency: { distribution: "long-tailed", minimum: 5, mean: 9 }, corrupt: 0.1 },
  { loss: { lose: 1, of: 7 }, latency: { distribution: "uniform", from: "3ms", to: "30ms" }, reorder: 0.2 },
  { bandwidth: 200_000, queue: 2000, jitter: "2ms", mtu: 1280, hops: 2 },
  { latency: ({ data }, random) => data.length % 7 + random(), rule: ({ data }) => data[0] === 3 ? "drop" : undefined },
];

/** Hosts that speak to each other in every way, over links with every fault; the trace of it. */
export async function playEveryFault(seed: number): Promise<string> {
  const net = createNetwork({ seed, trace: true });
  const hosts = Array.from({ length: 6 }, (_, number) => net.host({ name: `h${number}` }));
  FAULTS.forEach((faults, number) => net.link(hosts[number], hosts[number + 1], faults));
  const addresses = hosts.map((host) => host.addresses);

  for (const [number, host] of hosts.entries()) {
    host.run(() => {
      const socket = createSocket("udp4");
      const socket6 = createSocket({ type: "udp6", ipv6Only: true });
      let left = 30;
      socket.on("message", (message, from) => {
        if (left-- <= 0) return;
        const answer = new Uint8Array([number, ...message.subarray(0, 40)]);
        const send = (): void => socket.send(answer, from.port, from.address);
        // In the call, in a tick, in a microtask, in an immediate, and later.
        if (left % 5 === 0) send();
        else if (left % 5 === 1) process.nextTick(send);
        else if (left % 5 === 2) void Promise.resolve().then(send);
        else if (left % 5 === 3) setImmediate(send);
        else net.clock.setTimeout(send, 3);
      });
      socket.on("error", () => {});
      socket.bindSync({ port: 5000 });
      socket.addMembership("239.1.2.3");
      socket6.bindSync({ port: 5000 });
      socket.send(new Uint8Array(3), 5000, "239.1.2.3");
      for (let other = 0; other < hosts.length; other++) {
        socket.send(new Uint8Array([number, other, 1, 2]), 5000, addresses[other][0]);
        socket.send(new Uint8Array(1400), 5000, addresses[other][0]);
        socket6.send(`six ${number}`, 5000, addresses[other][1]);
        socket.send("nobody", 6000 + other, addresses[other][0]);
      }
    });
  }
  const requests = hosts.slice(1).map((host, number) =>
    host.run(async () => {
      const socket = await bind();
      try {
        return (await socket.request("who?", { port: 5000, address: `h${number}`, timeout: 100, retries: 2 })).data
          .length;
      } catch (error) {
        return (error as { code?: string }).code;
      } finally {
        await socket.close();
      }
    })
  );
  const answers = await net.run({ until: Promise.all(requests) });
  const cut = net.partition(["h0", "h1"], ["h2", "h3", "h4", "h5"]);
  await net.run({ for: "250ms" });
  cut.undo();
  await net.idle();
  await net.close();
  return `${net.traceText()}${net.clock.now()} ${answers.join(" ")}\n`;
}
