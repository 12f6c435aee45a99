/** On an interface with two addresses and a broadcast address: who answers what was sent to which. */
import type { RemoteInfo } from "@x/dgram";
import { createSocket } from "@x/dgram/ffi";
import { replyTo } from "@x/dgram/ancillary";
import { spawnSync } from "node:child_process";
import { once } from "node:events";

const LINES = `link add name two type veth peer name other
link set dev other up
link set dev two up
address add 10.5.0.1/24 brd + dev two
address add 10.5.0.2/24 brd + dev two
route add default dev two`;

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
  console.log(JSON.stringify(answers));
  client.close();
  server.close();
}

void main();
