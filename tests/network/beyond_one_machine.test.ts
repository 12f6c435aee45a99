/** docs/beyond_one_machine.md and its examples: two hosts with workers that share a port, behind nginx, and behind a router. */
import { assert, assertEquals, assertMatch, equal } from "@std/assert";
import { createSocket } from "@x/dgram";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { exampleCommand } from "../examples/run_example.ts";
import { ServerProcess } from "../examples/server_process.ts";
import { program, softwareSkip } from "../examples/software.ts";
import { root } from "../support/child.ts";
import { python, pythonSkip } from "../support/python.ts";
import { freePort } from "../support/free_port.ts";
import { within } from "../support/within.ts";
import { ADDRESS, Namespaces, namespacesSkip } from "./namespaces.ts";
import { lacking } from "./needs.ts";
import { Clients, clientsOf, type Figures, hostsByAddress, hostsOf, Pool } from "./pool.ts";

const LOOPBACK = "127.0.0.1";

const signalsSkip = process.platform === "linux" ? false : "needs Linux's way to stop a process";

/** Asks a worker that has been stopped, does something to it, and answers what it hears. */
async function askStopped(
  port: number,
  worker: { kill(signal: "SIGSTOP"): void },
  count: number,
  then: (heard: string[], all: Promise<void>) => Promise<void>,
): Promise<string[]> {
  const socket = createSocket("udp4");
  const heard: string[] = [];
  let tellAll = (): void => {};
  let tellFirst = (): void => {};
  const first = new Promise<void>((done) => tellFirst = done);
  const all = new Promise<void>((done) => tellAll = done);
  socket.on("message", (message) => {
    heard.push(`${message}`);
    tellFirst();
    if (heard.length === count + 1) tellAll();
  });
  socket.on("error", () => {});
  const send = (text: string): Promise<void> =>
    new Promise((done, fail) => socket.send(text, port, LOOPBACK, (error) => error ? fail(error) : done()));
  try {
    socket.bindSync({ address: LOOPBACK });
    await send("?first");
    await within(first, "the first answer");
    worker.kill("SIGSTOP");
    for (let i = 0; i < count; i++) await send(`?${i}`);
    await then(heard, all);
    return heard.slice(1);
  } finally {
    await socket[Symbol.asyncDispose]();
  }
}

async function startWorker(port = 0): Promise<{ worker: ServerProcess; port: number }> {
  const worker = new ServerProcess(...exampleCommand("pool_worker", ["--name", "w", "--port", `${port}`]));
  return { worker, port: Number(await worker.printed(({ output }) => /port (\d+)\n/.exec(output)?.[1], "its port")) };
}

const answersOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `!w ${index}`);

test("a worker that is told to end answers what the kernel has queued for it; of one that is killed that is lost", {
  skip: signalsSkip || lacking("reusePort"),
}, async () => {
  const { worker, port } = await startWorker();
  const drained = await askStopped(port, worker, 50, async (_, all) => {
    worker.kill("SIGTERM");
    worker.kill("SIGCONT");
    await within(all, "the answers");
    await within(worker.ended, "the worker's end");
  });
  assertEquals(drained, answersOf(50));
  assertMatch(worker.output, /\nw has answered 51\n$/);

  const second = await startWorker(await freePort());
  let third: ServerProcess | undefined;
  try {
    const killed = await askStopped(second.port, second.worker, 50, async () => {
      second.worker.kill("SIGKILL");
      await within(second.worker.ended, "the worker's end");
      // Another at the same port has nothing of what waited.
      third = (await startWorker(second.port)).worker;
    });
    assertEquals(killed, []);
    third!.kill("SIGTERM");
    await within(third!.ended, "the third worker's end");
    assertMatch(third!.output, /\nw has answered 0\n$/);
  } finally {
    await Promise.all([worker.stop(), second.worker.stop(), third?.stop()]);
  }
});

test("nothing that waits is lost with a worker that is killed where somebody else holds its socket", {
  skip: signalsSkip || pythonSkip || lacking("fd"),
}, async () => {
  const [command, args] = exampleCommand("pool_worker", ["--name", "w", "--fd"]);
  const script = resolve(root, "tests", "network", "socket_holder.py");
  const holder = new ServerProcess(python, ["-u", script, LOOPBACK, "200000", command, ...args]);
  try {
    const port = Number(await holder.printed(({ output }) => /port (\d+)\n/.exec(output)?.[1], "the port"));
    const pid = Number(/^process (\d+)$/m.exec(holder.output)![1]);
    const worker = { kill: (signal: "SIGSTOP" | "SIGKILL") => process.kill(pid, signal) };
    const heard = await askStopped(port, worker, 50, async (_, all) => {
      worker.kill("SIGKILL");
      await within(all, "the successor's answers");
    });
    assertEquals(heard, answersOf(50));
  } finally {
    await holder.stop();
  }
});

const WORKERS = { a: ["a0", "a1"], b: ["b0", "b1"] } as const;
const ALL = [...WORKERS.a, ...WORKERS.b];

/** Nothing was lost. */
function assertWhole({ name, sent, answered, lost }: Figures): void {
  assert(sent > 0, name);
  assertEquals([name, answered, lost], [name, sent, 0]);
}

/** Each was asked, and heard from one worker all the time. */
function assertSteady(figures: Figures, count: number): void {
  assertWhole(figures);
  const { name, by } = figures;
  const workers = [...by.values()].flat().length;
  assertEquals([name, clientsOf(figures).length, workers], [name, count, count], JSON.stringify([...by]));
}

/** The address of the clients; nginx and the router choose by them. */
const FROM = [ADDRESS.c[4], "10.77.2.10", "10.77.2.11", "10.77.2.12", "10.77.2.13", "10.77.2.14"];

/** Gives `use` namespaces that have what the workers and the clients need. */
async function withHosts(use: (namespaces: Namespaces) => Promise<void>): Promise<void> {
  const namespaces = await Namespaces.make();
  try {
    namespaces.ip("c", ...FROM.slice(1).map((address) => `address add ${address}/24 dev eth0`));
    await use(namespaces);
  } finally {
    await namespaces.end();
  }
}

const NGINX_STREAM = "/usr/lib/nginx/modules/ngx_stream_module.so";

const nginxSkip = softwareSkip("nginx") ||
  (existsSync(NGINX_STREAM) ? false : "nginx's stream module is not installed (Debian: libnginx-mod-stream)") ||
  (process.getuid?.() === 0 ? false : "nginx needs to be root, to change its workers' user");

/** The page's configuration. */
function configuration(): string {
  const page = readFileSync(resolve(root, "docs", "beyond_one_machine.md"), "utf8");
  return /^```nginx\n([^]*?)^```$/m.exec(page)![1];
}

/** nginx on the router, with the page's configuration. */
class Nginx {
  readonly #file: string;
  readonly #process: ServerProcess;
  #reloads = 0;

  constructor(namespaces: Namespaces, directory: string) {
    this.#file = join(directory, "nginx.conf");
    writeFileSync(this.#file, configuration());
    const options = `daemon off; pid ${join(directory, "pid")}; error_log stderr notice;`;
    const args = ["-e", "stderr", "-c", this.#file, "-g", options];
    this.#process = new ServerProcess(...namespaces.command("router", program("nginx"), args));
  }

  /** Takes the host b out of what nginx knows, or back in. */
  async setDown(down: boolean): Promise<void> {
    const text = configuration().replace(`server ${ADDRESS.b[4]}:7000`, (server) => down ? `${server} down` : server);
    writeFileSync(this.#file, text);
    const count = ++this.#reloads;
    this.#process.kill("SIGHUP");
    // The old workers have stopped to listen then.
    await this.#process.printed(
      ({ output }) => output.match(/: gracefully shutting down$/gm)?.length === count,
      "nginx's reload",
    );
  }

  async started(): Promise<void> {
    await this.#process.printed(({ output }) => output.includes("start worker process "), "nginx");
  }

  async stop(): Promise<void> {
    // It ends its workers first: killed before that, it would leave them behind.
    this.#process.kill("SIGTERM");
    await within(this.#process.ended, "nginx's end");
  }
}

test("nginx gives each client to one host, and takes a host and its workers away with the losses that the page tells", {
  skip: namespacesSkip || nginxSkip || lacking("reusePort"),
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), "dgram-nginx-"));
  await withHosts(async (namespaces) => {
    const pool = new Pool(namespaces, { a: ADDRESS.a[4], b: ADDRESS.b[4] });
    const nginx = new Nginx(namespaces, directory);
    const count = 2 * FROM.length;
    const both: Clients[] = [];
    const next = (name: string): Promise<Figures[]> => Promise.all(both.map((clients) => clients.next(name)));
    const all = (): Promise<unknown> => Promise.all(both.map((clients) => clients.allAnswered(count)));
    try {
      await Promise.all([nginx.started(), pool.start(...ALL)]);
      for (const port of [7000, 7001]) both.push(new Clients(namespaces, "10.77.2.1", port, FROM, 2));
      const [bySession, byDatagram] = both;
      await next("all are there");
      await all();
      await next("quiet");
      await all();
      const quiet = await next("a worker is killed");
      assertSteady(quiet[0], count);
      assertWhole(quiet[1]);
      for (const figures of quiet) {
        assertEquals(hostsOf(figures), ["a", "b"]);
        assertEquals([...hostsByAddress(figures)].filter(([, hosts]) => hosts.length > 1), []);
      }
      const home = hostsByAddress(quiet[0]);
      assertEquals(hostsByAddress(quiet[1]), home);
      // A datagram that a worker had not answered makes nginx take its host for dead, for a second.
      const settled = async (): Promise<Figures[]> => {
        for (let attempt = 0;; attempt++) {
          await all();
          const figures = await next("still");
          figures.forEach(assertWhole);
          if (attempt === 10) { for (const each of figures) assertEquals(hostsByAddress(each), home); }
          if (figures.every((each) => equal(hostsByAddress(each), home))) return figures;
        }
      };

      await pool.kill("a0");
      await all();
      await next("without it");
      const without = await settled();
      for (const { by } of without) assertEquals(by.has("a0"), false);

      await next("host b is killed");
      await pool.kill(...WORKERS.b);
      // Who has a session with the dead host stays with it. Who has none comes to the other one.
      await byDatagram.until("host a's answers to all", ({ by }) => by.get("a1")?.length === count);
      await nginx.setDown(true);
      await bySession.until("host a's answers to all", ({ by }) => by.get("a1")?.length === count);
      const killed = await next("nginx knows of no host b");
      for (const { name, sent, answered, lost } of killed) {
        assert(lost > 0, name);
        assertEquals(answered + lost, sent);
      }
      await all();
      const alone = await next("host b is back");
      alone.forEach(assertWhole);
      for (const figures of alone) assertEquals([...figures.by.keys()], ["a1"]);

      await pool.start(...WORKERS.b);
      await nginx.setDown(false);
      await next("as before");
      await settled();
    } finally {
      await Promise.all([...both.map((clients) => clients.stop()), pool.stop(), nginx.stop()]);
    }
  });
  rmSync(directory, { recursive: true, force: true });
});

/** The address of the service, which both hosts have. */
const SERVICE = "10.77.9.9";

test(
  "a router with a path to each host gives each client to one worker, and loses nothing with a host that leaves first",
  {
    skip: namespacesSkip || lacking("reusePort"),
  },
  async () => {
    await withHosts(async (namespaces) => {
      for (const host of ["a", "b"] as const) namespaces.ip(host, `address add ${SERVICE}/32 dev lo`);
      const announce = (...hosts: ("a" | "b")[]): void =>
        namespaces.ip(
          "router",
          `route replace ${SERVICE}/32 ${hosts.map((host) => `nexthop via ${ADDRESS[host][4]}`).join(" ")}`,
        );
      namespaces.set("router", "net/ipv4/fib_multipath_hash_policy", 1);
      announce("a", "b");
      const pool = new Pool(namespaces, { a: SERVICE, b: SERVICE });
      const count = 4 * FROM.length;
      const clients = new Clients(namespaces, SERVICE, 7000, FROM, 4);
      try {
        await pool.start(...ALL);
        await clients.next("quiet");
        await clients.allAnswered(count);
        const quiet = await clients.next("host b leaves");
        assertSteady(quiet, count);
        // By chance, all of them come to one host in one of 8,000,000 runs.
        assertEquals(hostsOf(quiet), ["a", "b"]);

        announce("a");
        await pool.drain(...WORKERS.b);
        await clients.until(
          "host a's answers to all",
          ({ by }) => new Set(WORKERS.a.flatMap((name) => by.get(name) ?? [])).size === count,
        );
        const left = await clients.next("without it");
        assertWhole(left);
        await clients.allAnswered(count);
        const without = await clients.next("host b comes");
        assertSteady(without, count);
        assertEquals(hostsOf(without), ["a"]);

        await pool.start(...WORKERS.b);
        announce("a", "b");
        await clients.until("host b's answers", (figures) => hostsOf(figures).includes("b"));
        assertWhole(await clients.next("host b is killed"));

        await pool.kill(...WORKERS.b);
        announce("a");
        await clients.until(
          "host a's answers to all",
          ({ by }) => new Set(WORKERS.a.flatMap((name) => by.get(name) ?? [])).size === count,
        );
        const killed = await clients.next("without it");
        assertEquals(killed.answered + killed.lost, killed.sent);
        await clients.allAnswered(count);
        const end = await clients.next("the end");
        assertWhole(end);
        assertEquals(hostsOf(end), ["a"]);
      } finally {
        await Promise.all([clients?.stop(), pool.stop()]);
      }
    });
  },
);
