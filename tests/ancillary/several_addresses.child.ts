/** On an interface with two addresses and a broadcast address: who answers what was sent to which. */
import type { RemoteInfo } from "@x/dgram";
import { createSocket } from "@x/dgram/ffi";
import { probePathMTU, replyTo } from "@x/dgram/ancillary";
import { spawnSync } from "node:child_process";
import { once } from "node:events";

const LINES = `link add name two type veth peer name other
link set dev other up
link set dev two up
address add 10.5.0.1/24 brd + dev two
address add 10.5.0.2/24 brd + dev two
address add fd00:5::1/64 dev two nodad
address add fea0::1/64 dev two nodad
route add default dev two
route add 10.6.0.0/24 dev two mtu 1000`;

async function main(): Promise<void> {
  const { status, stderr } = spawnSync("ip", ["-batch", "-"], { input: LINES, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);

  const server = createSocket({ type: "udp4", receiveInfo: true });
  server.on("message", (message, from) => void replyTo(server, from, message));
  const { port } = server.bindSync();
  const client = createSocket("udp4");
  client.bindSync();
  client.setBroadcast(true);

  const answers: Record<string, string> = {};
  const ends = { first: "10.5.0.1", second: "10.5.0.2", broadcast: "10.5.0.255", everybody: "255.255.255.255" };
  for (const [name, address] of Object.entries(ends)) {
    const answered = once(client, "message");
    client.send("who?", port, address);
    const [, from] = await answered as [unknown, RemoteInfo];
    answers[name] = from.address;
  }
  const server6 = createSocket({ type: "udp6", receiveInfo: true });
  server6.on("message", (message, from) => void replyTo(server6, from, message));
  server6.bindSync();
  const client6 = createSocket("udp6");
  client6.bindSync({ address: "fd00:5::1" });
  const answered = once(client6, "message");
  client6.send("who?", server6.address().port, "fea0::1%two");
  const [, ofLinkLocal] = await answered as [unknown, RemoteInfo];
  // Not every runtime has its scope.
  const [linkLocal] = ofLinkLocal.address.split("%");
  // A path that is known to take less than its interface does.
  const probe = (size: number): Promise<string> =>
    new Promise((done) => {
      client.send(new Uint8Array(size), 9, "10.6.0.1", (error) =>
        done((error as { code?: string } | null)?.code ?? "sent"));
    });
  client.setDontFragment(true);
  const kept = await probe(1200);
  probePathMTU(client, true);
  const probed = [await probe(1200), await probe(1600)];
  client.setDontFragment(true);
  const keptAgain = await probe(1200);
  probePathMTU(client, false);
  const fragmented = await probe(1600);
  console.log(JSON.stringify({ answers, linkLocal, kept, probed, keptAgain, fragmented }));
  client.close();
  server.close();
  client6.close();
  server6.close();
}

void main();
