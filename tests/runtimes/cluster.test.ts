/** Sockets in a cluster's workers: shared ones, exclusive ones, and their errors. Rows 159 to 164 of the behaviour table. */
import { assertEquals } from "@std/assert";
import { capabilities } from "@x/dgram";
import { resolve } from "node:path";
import process from "node:process";
import { test } from "node:test";
import type { Feature } from "../../src/core/backend.ts";
import { root, runtime, selfCommand } from "../support/child.ts";
import { startProcess } from "../support/json_process.ts";
import { python, pythonSkip } from "../support/python.ts";

const { features, notes } = capabilities;

function lacking(...needed: Feature[]): string | false {
  const feature = ["cluster" as const, ...needed].find((each) => features[each] === "unavailable");
  return feature !== undefined && (notes[feature] ?? `${feature} is unavailable`);
}

const isOracle = runtime === "node" && process.versions.node.startsWith("26.");

/**
 * Runs one case of cluster.child.ts in a cluster of its own. Node 26 plays it on its own node:dgram, too, which has to
 * give the same. With a `descriptor`, Python opens one.
 */
async function play(name: string, options: PlayOptions = {}): Promise<unknown> {
  const seen = await playOn("ours", name, options);
  if (isOracle && !options.deviates) {
    assertEquals(seen, await playOn("oracle", name, options), "node:dgram gives something else");
  }
  return seen;
}

interface PlayOptions {
  readonly descriptor?: boolean;
  readonly argument?: string;
  /** Node does it wrong. */
  readonly deviates?: boolean;
}

async function playOn(
  subject: "ours" | "oracle",
  name: string,
  { descriptor = false, argument }: PlayOptions,
): Promise<unknown> {
  const [self, args] = selfCommand(
    "runtimes/cluster",
    argument === undefined ? [name, subject] : [name, subject, argument],
  );
  const script = resolve(root, "tests", "peers", "descriptor.py");
  const [command, rest] = descriptor ? [python, [script, "plain", self, ...args]] as const : [self, args] as const;
  const child = startProcess(command, rest, { timeout: 30_000 });
  child.end();
  const { stdout, stderr, code, timedOut } = await child.result;
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

test("a worker's socket that is closed before the primary answers hears of no failed bind", {
  skip: lacking(),
}, async () => {
  assertEquals(await play("closedInUse"), { events: ["close"] });
});

test("workers adopt a descriptor of the primary's, and share its socket", {
  skip: lacking("fd") || pythonSkip,
}, async () => {
  const events = ["returned", "listening"];
  assertEquals(await play("adopted", { descriptor: true }), {
    events: [events, events],
    samePort: true,
    received: ["for one of them"],
  });
});

test("a descriptor that the primary does not have is an 'error', and one that is to be the worker's own throws", {
  skip: lacking("fd"),
}, async () => {
  assertEquals(await play("notOpen"), [
    ["returned", "error EINVAL true open: open EINVAL", "listening"],
    ["threw ERR_INVALID_FD_TYPE: Unsupported fd type: UNKNOWN"],
  ]);
});

test("a membership belongs to the shared socket: the second worker that joins is refused", {
  skip: lacking("membership"),
}, async () => {
  assertEquals(await play("membership"), ["joined", "addMembership EADDRINUSE"]);
});

test("workers with reusePort have sockets of their own on one port", { skip: lacking("reusePort") }, async () => {
  assertEquals(await play("reusePort"), { samePort: true });
});

test("workers that take the place of killed ones have the port that those had", { skip: lacking() }, async () => {
  const names = ["one", "all"].flatMap((name) => Array.from({ length: 20 }, (_, i) => `${name}${i}`)).sort();
  assertEquals(await play("restarted"), { samePort: true, received: names });
});

test("a worker that closes its socket leaves the others theirs", { skip: lacking() }, async () => {
  assertEquals(await play("afterClose"), ["for b"]);
});

for (const then of ["address", "close", "send"]) {
  test(`the socket of a worker that leaves its primary is closed, and ${then}() says so`, {
    skip: lacking(),
  }, async () => {
    assertEquals(await play("leaving", { argument: then }), [
      "close",
      "disconnected",
      `${then} threw ERR_SOCKET_DGRAM_NOT_RUNNING`,
    ]);
  });
}

test("a datagram of a worker that leaves its primary calls back though its look-up answers later", {
  skip: lacking(),
}, async () => {
  // Node never calls it back.
  const events = await play("leaving", { argument: "answer a look-up", deviates: true }) as string[];
  assertEquals(events.sort(), ["close", "disconnected", "sent true"]);
});

test("what a worker sends in the turn in which it leaves calls back before 'close'", { skip: lacking() }, async () => {
  // Node never calls it back.
  const events = await play("leavingByItself", { deviates: true });
  assertEquals(events, ["a ECANCELED", "b ECANCELED", "close"]);
});
