/** Sockets in a cluster's workers: shared ones, exclusive ones, and their errors. */
import { assertEquals } from "@std/assert";
import { capabilities } from "@x/dgram";
import { test } from "node:test";
import type { Feature } from "../src/core/backend.ts";
import { spawnSelf } from "./support/child.ts";

const { features, notes } = capabilities;

function lacking(...needed: Feature[]): string | false {
  const feature = ["cluster" as const, ...needed].find((each) => features[each] === "unavailable");
  return feature !== undefined && (notes[feature] ?? `${feature} is unavailable`);
}

/** Runs one case of cluster.child.ts in a cluster of its own. */
async function play(name: string): Promise<unknown> {
  const { stdout, stderr, code, timedOut } = await spawnSelf("cluster", [name], { timeout: 30_000 });
  assertEquals({ code, stderr, timedOut }, { code: 0, stderr: "", timedOut: false });
  return JSON.parse(stdout);
}

test("workers that bind port 0 share one port, and each datagram goes to one of them", {
  skip: lacking(),
}, async () => {
  const names = Array.from({ length: 40 }, (_, i) => `m${i}`).sort();
  assertEquals(await play("shared"), { samePort: true, received: names });
});

test("the primary hears 'listening' with the worker's address", { skip: lacking() }, async () => {
  assertEquals(await play("listening"), [{ addressType: "udp4", address: "127.0.0.1", port: true, fd: -1 }]);
});

test("an exclusive bind and bindSync() of a worker fail on a port that is shared", { skip: lacking() }, async () => {
  const error = { code: "EADDRINUSE", message: "bind EADDRINUSE 127.0.0.1:PORT", syscall: "bind", port: true };
  assertEquals(await play("exclusive"), [error, error]);
});

test("exclusive binds, bindSync() and sends of unbound sockets have ports of their own", {
  skip: lacking(),
}, async () => {
  assertEquals(await play("own"), { ports: 6, failed: false });
});

test("a worker's bind to a port in use fails with the address and the port", { skip: lacking() }, async () => {
  const error = { code: "EADDRINUSE", message: "bind EADDRINUSE 127.0.0.1:PORT", syscall: "bind", port: true };
  assertEquals(await play("inUse"), error);
});

test("a worker's socket that is closed before the primary answers only closes", { skip: lacking() }, async () => {
  assertEquals(await play("closed"), { events: ["close"] });
});

test("a membership belongs to the shared socket: the second worker that joins is refused", {
  skip: lacking("membership"),
}, async () => {
  assertEquals(await play("membership"), ["joined", "addMembership EADDRINUSE"]);
});

test("workers with reusePort have sockets of their own on one port", { skip: lacking("reusePort") }, async () => {
  assertEquals(await play("reusePort"), { samePort: true });
});

test("a worker that closes its socket leaves the others theirs", { skip: lacking() }, async () => {
  assertEquals(await play("afterClose"), ["for b"]);
});
