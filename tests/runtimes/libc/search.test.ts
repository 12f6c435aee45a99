/** The search for the descriptor of a socket that Deno opened and does not tell. */
import { createSocket } from "node:dgram";
import { resolve } from "node:path";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { AddressInfo } from "../../../src/core/backend.ts";
import { Descriptor } from "../../../src/runtimes/libc/descriptor.ts";
import { DescriptorSearch } from "../../../src/runtimes/libc/descriptor_search.ts";
import { root, runtime } from "../../support/child.ts";
import { libc, libcSkip, open, withSocket } from "../../support/libc.ts";

interface DatagramConn {
  readonly addr: { readonly hostname: string; readonly port: number };
  close(): void;
  [name: symbol]: (value: number) => void;
}

interface DenoGlobal {
  listenDatagram?(options: object): DatagramConn;
  permissions: { querySync(descriptor: object): { state: string } };
}

interface Thread {
  onmessage: unknown;
  postMessage(message: string): void;
}

interface Globals {
  readonly Deno: DenoGlobal;
  readonly Worker: new (url: string, options: object) => Thread;
}

const { Deno, Worker } = globalThis as unknown as Globals;
const searchSkip = libcSkip || (runtime !== "deno" ? "only Deno hides descriptors" : false) ||
  (Deno.listenDatagram ? false : "needs --unstable-net");

function listen(options: object): DatagramConn {
  const listenDatagram = Deno.listenDatagram as NonNullable<DenoGlobal["listenDatagram"]>;
  return listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0, ...options });
}

function setterOf(conn: DatagramConn): (value: number) => void {
  const name = Object.getOwnPropertySymbols(Object.getPrototypeOf(conn)).find((symbol) =>
    symbol.description === "setMulticastTTL"
  ) as symbol;
  return (value) => conn[name](value);
}

const local = (conn: DatagramConn): AddressInfo => ({ address: "127.0.0.1", family: "IPv4", port: conn.addr.port });

for (
  const [kind, withEvidence, reuseAddress] of [
    ["with evidence", true, false],
    ["with evidence, though it shares its port", true, true],
    ["without evidence", false, false],
    ["without evidence, though it shares its port", false, true],
  ] as const
) {
  test(`a hidden descriptor is found ${kind}`, { skip: searchSkip }, () => {
    const other = listen({ reuseAddress });
    const search = new DescriptorSearch(libc(), reuseAddress && !withEvidence);
    const conn = listen({ reuseAddress, port: reuseAddress ? other.addr.port : 0 });
    try {
      const evidence = withEvidence ? { setMulticastTTL: setterOf(conn) } : {};
      const found = search.find(local(conn), evidence);
      assert(found !== null);
      assertEquals([found.address(), found.get("multicastTTL")], [local(conn), 1]);
      setterOf(conn)(99);
      setterOf(other)(98);
      assertEquals(found.get("multicastTTL"), 99);
      found.close();
    } finally {
      conn.close();
      other.close();
    }
  });
}

test("in doubt no descriptor is found", { skip: searchSkip }, () => {
  const first = listen({ reuseAddress: true });
  const port = first.addr.port;
  const search = new DescriptorSearch(libc(), true);
  const conns = [listen({ reuseAddress: true, port }), listen({ reuseAddress: true, port })];
  try {
    assertEquals(search.find(local(conns[0])), null, "two new sockets have that address");
    const shared = new DescriptorSearch(libc());
    assertEquals(shared.find(local(conns[0])), null, "the port is shared, and there is no evidence");
    const lie = { setMulticastTTL: setterOf(conns[1]) };
    assertEquals(search.find({ ...local(conns[0]), port: port === 1 ? 2 : 1 }, lie), null, "no socket has that port");
    assertEquals(search.find(local(conns[0]), { setMulticastTTL: () => {} }), null, "none obeys");
  } finally {
    for (const conn of [first, ...conns]) conn.close();
  }
});

const ownSkip = libcSkip || (runtime === "deno" ? false : "only Deno hides descriptors");

for (const kind of ["a duplicate", "its multicast TTL"]) {
  test(`the descriptor of Deno's own dgram socket is found by ${kind}`, { skip: ownSkip }, () => {
    const search = new DescriptorSearch(libc());
    const lookup = (name: string, family: number, done: (...answer: unknown[]) => void): void =>
      done(null, name, family);
    const socket = createSocket({ type: "udp4", lookup: lookup as never }).bind(0, "127.0.0.1");
    try {
      const state = Object.getOwnPropertySymbols(socket).find(({ description }) => description === "kStateSymbol");
      const { handle } = (socket as unknown as Record<symbol, { handle: { fdForIpc(): number } }>)[state as symbol];
      const found = search.find(
        socket.address() as AddressInfo,
        kind === "a duplicate"
          ? { duplicate: () => handle.fdForIpc() }
          : { setMulticastTTL: (value) => void socket.setMulticastTTL(value) },
      );
      assert(found !== null);
      socket.setTTL(91);
      assertEquals([found.get("ttl"), found.get("multicastTTL")], [91, 1]);
      assertEquals(found.address(), socket.address() as AddressInfo);
    } finally {
      socket.close();
    }
  });
}

test("five hundred searches leave no descriptor behind", { skip: ownSkip }, () => {
  const lowest = (): number => withSocket(4, ({ fd }) => fd);
  const before = lowest();
  const bound = open(4);
  const local = new Descriptor(libc(), bound, 4, false).address() as AddressInfo;
  for (let i = 0; i < 500; i++) {
    const { calls, layout } = libc();
    const search = new DescriptorSearch(libc());
    const duplicate = calls.fcntl(bound, layout.descriptors.duplicate, 0);
    assertEquals(search.find(local, { duplicate: () => duplicate })?.fd, bound);
  }
  libc().close(bound);
  assertEquals(lowest(), before);
});

/** Opens and closes sockets, streams and files in a thread of its own, without pause, until it is told to end. */
const NOISE = `
  let stop = false;
  self.onmessage = () => stop = true;
  self.postMessage("started");
  const live = [];
  const kinds = [
    () => Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 }),
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
    () => Deno.openSync(FILE),
  ];
  while (!stop) {
    for (let i = 0; i < 50; i++) {
      live.push(kinds[i % kinds.length]());
      if (live.length > 100) live.splice(Math.floor(Math.random() * live.length), 1)[0].close();
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  for (const one of live) one.close();
  self.postMessage("ended");
  self.close();
`;

test("a hidden descriptor is its socket's while other threads open and close", { skip: searchSkip }, async () => {
  const source = NOISE.replace("FILE", JSON.stringify(resolve(root, "package.json")));
  const workers = [1, 2, 3].map(() =>
    new Worker(`data:text/javascript,${encodeURIComponent(source)}`, { type: "module" })
  );
  const told = (worker: Thread): Promise<unknown> => new Promise((resolve) => worker.onmessage = resolve);
  await Promise.all(workers.map(told));
  let wrong = 0;
  let found = 0;
  for (let round = 0; round < 1500; round++) {
    const reuseAddress = round % 3 === 0;
    const search = new DescriptorSearch(libc());
    const conn = listen({ reuseAddress });
    const setTTL = setterOf(conn);
    const socket = search.find(local(conn), reuseAddress || round % 3 === 1 ? { setMulticastTTL: setTTL } : {});
    if (socket !== null) {
      found++;
      // The socket itself must obey its own runtime, and nobody else's options may have changed.
      setTTL(round % 200 + 2);
      if (socket.get("multicastTTL") !== round % 200 + 2 || socket.set("ttl", 50) !== 0) wrong++;
      socket.close();
    }
    conn.close();
  }
  const ended = workers.map(told);
  for (const worker of workers) worker.postMessage("stop");
  await Promise.all(ended);
  assertEquals([wrong, found], [0, 1500]);
});
