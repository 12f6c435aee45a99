/** Virtual time in the place of the runtime's own, and fake timers beside it. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createNetwork, type FakeTimers } from "@x/dgram/testing";
import * as timers from "node:timers";
import * as promises from "node:timers/promises";
import * as nodeTest from "node:test";
import { test } from "node:test";
import process from "node:process";
import { promisify } from "node:util";

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;
const isNode = !("Deno" in globalThis) && !("Bun" in globalThis);

/** What install() replaces. */
const seen = (): unknown[] => [
  globalThis.setTimeout,
  globalThis.setInterval,
  globalThis.setImmediate,
  globalThis.clearTimeout,
  globalThis.clearInterval,
  globalThis.clearImmediate,
  Date,
  performance.now,
  process.hrtime,
  Object.getOwnPropertyDescriptor(performance, "now")?.value,
  timers.setTimeout,
  promises.setTimeout,
];

test("the global timers, Date and performance.now are virtual while that is asked for", async () => {
  const before = seen();
  const net = createNetwork();
  await net.run({ for: "1s" });
  assertEquals(seen(), before);
  const installed = net.clock.install({ now: Date.UTC(2030, 0, 1) });
  const told: string[] = [];
  const note = (text: string): void =>
    void told.push(`${text} at ${new Date().toISOString().slice(11, 23)} ${performance.now()}`);
  try {
    note("begun");
    setTimeout(note, 2500, "timeout");
    const interval = setInterval(() => {
      note("interval");
      if (told.length > 6) clearInterval(interval);
    }, 1000);
    const first = process.hrtime();
    const second = process.hrtime.bigint();
    setTimeout(() => {
      told.push(`hrtime ${process.hrtime(first)} ${process.hrtime.bigint() - second}`);
    }, 1234.5);
    setImmediate(note, "immediate");
    clearTimeout(setTimeout(note, 10, "never"));
    clearImmediate(setImmediate(note, "never"));
    const late = setTimeout(note, 3000, "refreshed") as unknown as NodeJS.Timeout;
    assertEquals([late.hasRef(), late.unref().hasRef(), late.ref().hasRef()], [true, false, true]);
    setTimeout(() => late.refresh(), 1000);
    void promisify(setTimeout)(3500, "value").then((value) => note(`promisified ${value}`));
    await net.idle();
  } finally {
    installed.undo();
  }
  assertEquals(told, [
    "begun at 00:00:00.000 1000",
    "immediate at 00:00:00.000 1000",
    "interval at 00:00:01.000 2000",
    "hrtime 1,234500000 1234500000",
    "interval at 00:00:02.000 3000",
    "timeout at 00:00:02.500 3500",
    "interval at 00:00:03.000 4000",
    "promisified value at 00:00:03.500 4500",
    "refreshed at 00:00:04.000 5000",
  ]);
  assertEquals(seen(), before);
  installed.undo();
  await net.close();
});

test("a virtual Date is a Date", async () => {
  const net = createNetwork();
  const RealDate = Date;
  const { undo } = net.clock.install({ now: new Date(86_400_000) });
  try {
    await net.run({ for: 1.5 });
    const date = new Date();
    assertEquals([date.getTime(), Date.now(), new Date(5).getTime()], [86_400_001, 86_400_001, 5]);
    assert(date instanceof Date && date instanceof RealDate && new RealDate() instanceof Date);
    assertEquals([Date.UTC(1970, 0, 2), Date.parse("1970-01-02T00:00:00Z")], [86_400_000, 86_400_000]);
    assertEquals([typeof Date(), Date().includes("1970")], ["string", true]);
    class Own extends Date {
      own = true;
    }
    assertEquals([new Own().getTime(), new Own().own, new Own() instanceof Own], [86_400_001, true, true]);
  } finally {
    undo();
  }
  await net.close();
});

test("node:timers/promises are virtual, too, and end with an abort", async () => {
  const net = createNetwork();
  const { undo } = net.clock.install({ imports: isNode });
  // What an import finds is real on Deno 2.9.6 and Bun 1.4.5.
  const { createRequire } = await import("node:module");
  const required = createRequire(process.execPath)("node:timers/promises") as typeof promises;
  const used = isNode ? promises : required;
  try {
    const told: unknown[] = [];
    const controller = new AbortController();
    const aborted = assertRejects(() => used.setTimeout(60_000, "never", { signal: controller.signal }));
    void used.setTimeout(10, "timeout").then((value) => told.push([value, net.clock.now()]));
    void used.setImmediate("immediate").then((value) => told.push([value, net.clock.now()]));
    void used.scheduler?.wait(20).then(() => told.push(["waited", net.clock.now()]));
    void (async () => {
      for await (const value of used.setInterval(15, "interval")) {
        told.push([value, net.clock.now()]);
        if (net.clock.now() >= 30) return controller.abort();
      }
    })();
    await net.idle();
    assertEquals(codeOf(await aborted), "ABORT_ERR");
    assertEquals(told, [
      ["immediate", 0],
      ["timeout", 10],
      ["interval", 15],
      ["waited", 20],
      ["interval", 30],
    ]);
  } finally {
    undo();
  }
  await net.close();
});

test("an imported name that can't be replaced is an error where it matters, and nothing is left behind", async () => {
  const before = seen();
  const net = createNetwork();
  if (isNode) net.clock.install({ imports: true }).undo();
  else {
    assertEquals(
      codeOf(assertThrows(() => net.clock.install({ imports: true }))),
      "ERR_NETWORK_TIMERS_NOT_REPLACED",
    );
  }
  assertEquals(seen(), before);
  await net.close();
});

test("only one network has them, until it is closed, and options that are none are refused", async () => {
  const before = seen();
  const [net, other] = [createNetwork(), createNetwork()];
  for (const options of [{ date: 0 }, { now: NaN }]) {
    assertEquals(codeOf(assertThrows(() => net.clock.install(options as object))), "ERR_INVALID_ARG_VALUE");
  }
  net.clock.install();
  try {
    assertEquals(codeOf(assertThrows(() => other.clock.install())), "ERR_NETWORK_TIMERS_INSTALLED");
  } finally {
    await net.close();
  }
  assertEquals(seen(), before);
  other.clock.install().undo();
  await other.close();
});

test("in a host's program Date and performance.now are the host's", async () => {
  const net = createNetwork();
  const host = net.host();
  host.fail({ clock: { offset: 5000 } });
  const { undo } = net.clock.install();
  try {
    await net.run({ for: 100 });
    assertEquals([Date.now(), host.run(() => [Date.now(), performance.now()])], [100, [5100, 5100]]);
  } finally {
    undo();
  }
  await net.close();
});

/** Timers with the members of those of vitest and jest. */
class Fake {
  now = 0;
  readonly #list: { readonly at: number; readonly callback: () => void }[] = [];

  setTimeout(callback: () => void, delay: number): void {
    this.#list.push({ at: this.now + delay, callback });
  }

  getTimerCount(): number {
    return this.#list.length;
  }

  advanceTimersByTime(milliseconds: number): void {
    this.now += milliseconds;
    for (const timer of [...this.#list]) {
      if (timer.at > this.now) continue;
      this.#list.splice(this.#list.indexOf(timer), 1);
      timer.callback();
    }
  }
}

test("fake timers go on with virtual time, in turn with what is on its way", async () => {
  const net = createNetwork();
  const [a, b] = [net.host(), net.host()];
  const fake = new Fake();
  await net.run({ for: "0.5ms" });
  const joined = net.clock.join(fake);
  const told: string[] = [];
  const note = (text: string): void => void told.push(`${text} at ${net.clock.now()}, ${fake.now}`);
  const socket = b.dgram.createSocket("udp4", () => {
    note("heard");
    fake.setTimeout(() => note("answered"), 5);
  });
  socket.bindSync({ port: 5000 });
  const sender = a.dgram.createSocket("udp4");
  fake.setTimeout(() => {
    note("sent");
    sender.send("x", 5000, b.addresses[0]);
  }, 10);
  await net.idle();
  assertEquals(told, ["sent at 10.5, 10", "heard at 11.5, 11", "answered at 16.5, 16"]);
  await net.run({ for: "1h" });
  assertEquals(fake.now, 3_600_016);
  fake.setTimeout(() => note("never"), 7_200_000);
  const error = await assertRejects(() => net.idle({ within: "1s" })) as Error;
  assertEquals([codeOf(error), /: 1 fake timers$/m.test(error.message)], ["ERR_NETWORK_NOT_AT_REST", true]);
  joined.undo();
  await net.idle();
  const ended = fake.now;
  await net.run({ for: "1s" });
  assertEquals(fake.now, ended);
  for (const none of [null, {}, { tick: 5 }]) {
    assertEquals(codeOf(assertThrows(() => net.clock.join(none as unknown as FakeTimers))), "ERR_INVALID_ARG_TYPE");
  }
  await net.close();
});

/** Node has them since 20.4; Deno 2.9.6 and Bun 1.4.5 have none that run. */
function mockTimers(): (FakeTimers & { enable(options: object): void; reset(): void }) | undefined {
  const { mock } = nodeTest as unknown as { mock?: { timers?: ReturnType<typeof mockTimers> } };
  return isNode && Number(process.versions.node.split(".")[0]) >= 22 ? mock?.timers : undefined;
}

test("the fake timers of node:test go on with virtual time", {
  skip: mockTimers() === undefined && "only Node 22 and later have those of node:test with a Date",
}, async () => {
  const mocked = mockTimers()!;
  const net = createNetwork();
  const [a, b] = [net.host(), net.host()];
  mocked.enable({ apis: ["setTimeout", "setInterval", "setImmediate", "Date"] });
  try {
    const joined = net.clock.join(mocked);
    const told: string[] = [];
    const socket = b.dgram.createSocket("udp4", (message) => {
      told.push(`${message} at ${net.clock.now()}, ${Date.now()}`);
      setTimeout(() => told.push(`answered at ${net.clock.now()}, ${Date.now()}`), 5);
    });
    socket.bindSync({ port: 5000 });
    const sender = a.dgram.createSocket("udp4");
    const interval = setInterval(() => sender.send("x", 5000, b.addresses[0]), 10);
    await net.run({ for: 21 });
    clearInterval(interval);
    await net.run({ for: 10 });
    assertEquals(told, ["x at 11, 11", "answered at 16, 16", "x at 21, 21", "answered at 26, 26"]);
    joined.undo();
  } finally {
    mocked.reset();
  }
  await net.close();
});
