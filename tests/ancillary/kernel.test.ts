/** What the kernel is told of datagrams and paths: seen by a Python peer, and in a network of its own. */
import { assertEquals } from "@std/assert";
import { createSocket, type Socket } from "@x/dgram/ffi";
import { ancillarySupport, probePathMTU, sendWith } from "@x/dgram/ancillary";
import { once } from "node:events";
import { test } from "node:test";
import { selfCommand } from "../support/child.ts";
import { startProcess } from "../support/json_process.ts";
import { inOwnNetwork, ownNetworkSkip } from "../support/own_network.ts";
import { peersSkip, startPeer } from "../support/python.ts";
import { within } from "../support/within.ts";

const probe = createSocket("udp4");
const { support, note } = ancillarySupport(probe);
probe.close();
const lacking = support === "unavailable" && (note ?? "the kernel can't be told here");

const HERE = "127.0.0.1";

async function close(socket: Socket): Promise<void> {
  const closed = once(socket, "close");
  socket.close();
  await within(closed, "'close'");
}

test("a Python peer sees the source and the hop limit", { skip: lacking || peersSkip }, async () => {
  const peer = startPeer("receiver", ["4", HERE]);
  const { port } = await within(peer.next<{ port: number }>(), "the peer's port");
  const socket = createSocket("udp4");
  await sendWith(socket, [{ data: "one", port, address: HERE, source: "127.0.0.9", hopLimit: 33 }]);
  const { text, ttl, address } = await within(peer.next<{ text: string; ttl: number; address: string }>(), "a message");
  assertEquals([text, ttl, address], ["one", 33, "127.0.0.9"]);
  await close(socket);
  peer.end();
  await peer.result;
});

test("a socket that is not bound, or closed, or none, probes no path", async () => {
  const socket = createSocket("udp4");
  const code = (of: unknown): string | undefined => {
    try {
      probePathMTU(of as Socket, true);
      return "set";
    } catch (error) {
      return (error as { code?: string }).code;
    }
  };
  const unavailable = "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM";
  assertEquals([code(socket), code({}), code(null)], [
    lacking === false ? "EBADF" : unavailable,
    "ERR_INVALID_ARG_TYPE",
    "ERR_INVALID_ARG_TYPE",
  ]);
  socket.bindSync();
  assertEquals(code(socket), lacking === false ? "set" : unavailable);
  await close(socket);
  assertEquals(code(socket), "ERR_SOCKET_DGRAM_NOT_RUNNING");
});

test(
  "on a host with two addresses and a broadcast address each question has its answer, and a probe passes the known path MTU",
  {
    skip: lacking || ownNetworkSkip,
  },
  async () => {
    const child = startProcess(...inOwnNetwork(65_536, selfCommand("ancillary/several_addresses")));
    child.end();
    const { code, stdout, stderr } = await within(child.result, "the child's end");
    assertEquals(code, 0, stderr);
    assertEquals(JSON.parse(stdout), {
      answers: { first: "10.5.0.1", second: "10.5.0.2", broadcast: "10.5.0.1", everybody: "10.5.0.1" },
      linkLocal: "fea0::1",
      kept: "EMSGSIZE",
      probed: ["sent", "EMSGSIZE"],
      keptAgain: "EMSGSIZE",
      fragmented: "sent",
    });
  },
);
