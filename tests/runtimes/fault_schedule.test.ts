/**
 * Faults below the adapter, whichever that is: the runtime's own system calls fail by a schedule. Each datagram that was
 * accepted is called back once, what was told as sent arrives in its order, what goes wrong has a code, and afterwards
 * the sockets work. On Node the runtime's node:dgram meets the same schedule, and says what is to be expected.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { capabilities } from "@x/dgram";
import { constants } from "node:os";
import { test } from "node:test";
import { runtime, selfCommand } from "../support/child.ts";
import { beginFaults, type Calls, type FaultRule, faultsSkip, RECEIVE, SEND, WAIT } from "../support/faulty_kernel.ts";
import { type JsonProcess, startProcess } from "../support/json_process.ts";

const { backend, features } = capabilities;
const COUNT = 12;
const all = Array.from({ length: COUNT }, (_, i) => `${i}`);
const options = { skip: faultsSkip };
/** Whose sockets are Deno's alone. */
const isDenos = backend.startsWith("deno") && !backend.endsWith("-ffi");

interface Heard {
  readonly heard: string[];
  readonly events: string[];
}

interface Outcome extends Heard {
  readonly ends: Record<string, string[]>;
}

interface Well extends Outcome {
  readonly told: Record<string, string>;
}

interface Played<T> {
  readonly told: T;
  readonly calls: Calls;
}

const WELL = { there: "heard", back: "heard", sender: "closed", receiver: "closed" };

/** A process whose sockets meet the faults. */
class Program {
  readonly #child: JsonProcess;

  /** @param whose "plain" for the runtime's own node:dgram */
  constructor(whose: "own" | "plain") {
    this.#child = startProcess(...selfCommand("runtimes/fault_schedule", [whose]), { silence: 50_000 });
  }

  ask<T>(part: string): Promise<T> {
    this.#child.send(part);
    return this.#child.next<T>();
  }

  /** What is told of this part, which meets the faults; `open` and what comes after it meet none. */
  async play<T = Outcome>(open: string, part: string, rules: readonly FaultRule[]): Promise<Played<T>> {
    await this.ask(open);
    const faults = await beginFaults(this.#child.pid!, rules);
    const told = await this.ask<T>(part);
    return { told, calls: await faults.end() };
  }

  /** Plays where faults are met, each accepted datagram ends, and the sockets work afterwards. */
  async playOut(open: string, part: string, rules: readonly FaultRule[]): Promise<Outcome> {
    const { told, calls } = await this.play(open, part, rules);
    const what = `${part}, ${rules}`;
    assert(Object.values(calls).some(({ injected }) => injected > 0), `none was met: ${what}`);
    checkEnds(told, what);
    await this.checkWell(what);
    return told;
  }

  async checkWell(what: string): Promise<void> {
    const { told, ...outcome } = await this.ask<Well>("well");
    assertEquals(told, WELL, what);
    assertEquals(outcome.events, [], what);
    checkEnds(outcome, what);
  }

  /** It ends by itself when nothing more is asked. */
  async end(): Promise<void> {
    this.#child.end();
    const { code, stdout, stderr } = await this.#child.result;
    assertEquals(code, 0, stdout + stderr);
  }

  kill(): void {
    this.#child.kill();
  }
}

/** Plays with one process, and on Node with another that has the oracle's sockets. */
function withPrograms(play: (own: Program, oracle: Program | undefined) => Promise<void>): () => Promise<void> {
  return async () => {
    const own = new Program("own");
    const oracle = runtime === "node" ? new Program("plain") : undefined;
    try {
      await play(own, oracle);
    } catch (error) {
      own.kill();
      oracle?.kill();
      throw error;
    }
    await Promise.all([own.end(), oracle?.end()]);
  };
}

const accepted = ({ ends }: Outcome): string[] => Object.keys(ends).filter((text) => ends[text][0] === "ok");

/** Each was called back once, and what was told as sent was heard in its order. */
function checkEnds(outcome: Outcome, what: string): void {
  assertEquals(Object.entries(outcome.ends).filter(([, told]) => told.length !== 1), [], what);
  assertEquals(outcome.heard, accepted(outcome), what);
}

const errnoOf = (code: string): number => -constants.errno[code as keyof typeof constants.errno];

/** As a callback has it. Where `sendErrors` is emulated the runtime tells of a datagram's length, and of nothing else. */
function sendError(code: string, connected: boolean): string {
  const told = features.sendErrors === "native" || code === "EMSGSIZE" ? code : "ENETUNREACH";
  return `${told} ${errnoOf(told)} send${connected ? "" : " 127.0.0.1:receiver"}`;
}

/** Those of a datagram each, every third; what leaves together may leave by one call. */
const failing = (part: string, code: string): FaultRule[] => [
  `${SEND}:error=${code}:when=${part.startsWith("alone") ? "3+3" : "1+2"}`,
];

test(
  "a send that fails tells why to its callback, and the others arrive",
  options,
  withPrograms(async (own, oracle) => {
    for (const code of ["EPERM", "ENOMEM", "ECONNREFUSED", "EMSGSIZE"]) {
      const parts = ["alone", "together connected", ...code === "EPERM" ? ["alone connected", "together"] : []];
      for (const part of parts) {
        const connected = part.endsWith("connected");
        const open = connected ? "open connected" : "open";
        const rules = failing(part, code);
        const what = `${part}, ${rules}`;
        const [told, expected] = await Promise.all([
          own.playOut(open, part, rules),
          oracle?.playOut(open, part, rules),
        ]);
        const error = sendError(code, connected);
        assertEquals(told.events, [], what);
        for (const [end] of Object.values(told.ends)) assert(end === "ok" || end === error, `${what}: ${end}`);
        // Where the reason is looked for, that takes calls of its own.
        if (part.startsWith("alone") && features.sendErrors === "native") {
          assertEquals(told.ends, Object.fromEntries(all.map((text, i) => [text, [i % 3 === 2 ? error : "ok"]])), what);
        }
        if (expected && (backend === "node" || part.startsWith("alone"))) assertEquals(told, expected, what);
      }
    }
  }),
);

/** Deno's node:dgram does not say why a send has failed. */
const knowsWhy = (code: string): boolean => features.sendErrors === "native" || code === "EAGAIN";

/** node:dgram sends all in the end, and so does the module where it is told why. */
async function checkPasses(
  own: Program,
  oracle: Program | undefined,
  code: string,
  open: string,
  part: string,
  rules: readonly FaultRule[],
): Promise<void> {
  const [told, expected] = await Promise.all([own.playOut(open, part, rules), oracle?.playOut(open, part, rules)]);
  const what = `${part}, ${rules}`;
  assertEquals(told.events, [], what);
  if (knowsWhy(code)) assertEquals(accepted(told), all, what);
  if (expected) assertEquals(accepted(expected), all, `the oracle, ${what}`);
}

test(
  "a send that fails for a reason that passes is made again, and arrives once",
  options,
  withPrograms(async (own, oracle) => {
    // Deno waits for the kernel to say that there is room, which it does once, and never of this.
    for (const code of ["EINTR", "ENOBUFS", ...isDenos ? [] : ["EAGAIN"]]) {
      for (const [open, part] of [["open", "alone"], ["open", "together"], ["open connected", "together connected"]]) {
        await checkPasses(own, oracle, code, open, part, failing(part, code));
      }
    }
  }),
);

test(
  "a storm of refusals passes, and each datagram arrives once",
  options,
  withPrograms(async (own, oracle) => {
    // Where libc sends it is tried again after up to 32 ms.
    const length = backend.endsWith("-ffi") ? 40 : 200;
    for (const code of ["ENOBUFS", "EINTR"]) {
      await checkPasses(own, oracle, code, "open", "together", [`${SEND}:error=${code}:when=1..${length}`]);
    }
  }),
);

function made(calls: Calls, names: string): number {
  return names.split(",").reduce((sum, name) => sum + (calls[name.replace("?", "")]?.made ?? 0), 0);
}

test(
  "what the kernel never takes spins nowhere, and is called back before 'close'",
  options,
  withPrograms(async (own) => {
    for (const code of ["ENOBUFS", "ENOMEM"]) {
      const rules: FaultRule[] = [`${SEND}:error=${code}:when=1+1`];
      const { told: { heard }, calls } = await own.play("open", "lasting", rules);
      assertEquals(heard, []);
      // libuv tries again as often as it waits for others, and a row is tried as datagrams too.
      assert(made(calls, SEND) <= 4 * (COUNT + made(calls, WAIT)), JSON.stringify(calls));
      await own.checkWell(`lasting, ${rules}`);

      const { told } = await own.play<Outcome & { order: string[] }>("open", "send and close", rules);
      checkEnds(told, `send and close, ${rules}`);
      assertEquals([told.heard, told.order.length, told.order.at(-1)], [[], COUNT + 1, "closed"]);
      for (const line of told.order.slice(0, -1)) assertMatch(line, /^\d+ E[A-Z]+ -\d+ send 127\.0\.0\.1:receiver$/);
    }
  }),
);

interface Many extends Heard {
  readonly many: { readonly sent: number; readonly index?: number; readonly error?: string };
}

test(
  "a batch of which the kernel refuses some tells how many left, and those arrive",
  options,
  withPrograms(async (own) => {
    const { told } = await own.play<Many>("open", "many", failing("many", "EPERM"));
    assertEquals([told.heard.length, told.events], [told.many.sent, []]);
    if (told.many.sent < COUNT) assertEquals(told.many.error, sendError("EPERM", false));
    await own.checkWell("many");
  }),
);

test(
  "a kernel that takes one of many is given the others",
  options,
  withPrograms(async (own) => {
    const { told, calls } = await own.play<Many>("open", "many", ["sendmmsg:retval=1:when=1"]);
    // It said so of a call that was not made: so that one is lost, and no other.
    const lost = calls.sendmmsg?.injected ?? 0;
    assertEquals([told.many, told.heard, told.events], [{ sent: COUNT }, all.slice(lost), []]);
    await own.checkWell("one of many");
  }),
);

/** Deno's node:dgram gives no number to a receive that has failed; libc may read beside it. */
function checkReceiveErrors(events: readonly string[], code: string, what: string): void {
  const told = new Set(events);
  const expected = `receiver: ${code} ${errnoOf(code)} recvmsg`;
  if (backend.startsWith("deno-node")) {
    assert(told.delete("receiver: UNKNOWN -4094 recvmsg"), what);
    told.add(expected);
  }
  assertEquals([...told], [expected], what);
}

test(
  "a receive that fails tells it by 'error', one that is interrupted tells nobody, and nothing is lost",
  options,
  withPrograms(async (own, oracle) => {
    for (const code of ["ENOMEM", "ENOBUFS", "ECONNREFUSED", "EINTR"]) {
      const rules: FaultRule[] = [`${RECEIVE}:error=${code}:when=1+2`];
      const [told, expected] = await Promise.all([
        own.playOut("open", "together", rules),
        oracle?.playOut("open", "together", rules),
      ]);
      assertEquals(accepted(told), all, `${rules}`);
      if (code === "EINTR") assertEquals(told.events, [], `${rules}`);
      else checkReceiveErrors(told.events, code, `${rules}`);
      if (expected) assertEquals([...new Set(told.events)], [...new Set(expected.events)], `the oracle, ${rules}`);
    }
  }),
);

test(
  "a storm of receives that find nothing passes, and nothing is lost",
  { skip: faultsSkip || (runtime === "deno" && "Deno waits for the kernel to say that something new has come") },
  withPrograms(async (own) => {
    const { ends, events } = await own.playOut("open", "together", [`${RECEIVE}:error=EAGAIN:when=1..200`]);
    assertEquals([Object.values(ends).flat(), events], [all.map(() => "ok"), []]);
  }),
);

test(
  "a receive that always fails leaves others their turns, and ends with the fault",
  options,
  withPrograms(async (own) => {
    const { told, calls } = await own.play("open", "lasting", [`${RECEIVE}:error=ENOMEM:when=1+1`]);
    assertEquals([accepted(told), told.heard], [all, []]);
    checkReceiveErrors(told.events, "ENOMEM", "while it lasts");
    assert(made(calls, RECEIVE) <= 200 * made(calls, WAIT), JSON.stringify(calls));
    const { told: after, ...outcome } = await own.ask<Well>("well");
    assertEquals(after, WELL);
    // One may have been on its way.
    if (outcome.events.length > 0) checkReceiveErrors(outcome.events, "ENOMEM", "afterwards");
    checkEnds(outcome, "afterwards");
  }),
);

test(
  "when every third call of each kind is interrupted nothing shows",
  options,
  withPrograms(async (own, oracle) => {
    const rules = [SEND, RECEIVE, WAIT].map((calls): FaultRule => `${calls}:error=EINTR:when=2+3`);
    for (const part of ["alone", "together"]) await checkPasses(own, oracle, "EINTR", "open", part, rules);
  }),
);

/** How each ended, by its name. */
type Steps = Readonly<Record<string, string>>;

/** What fails by each, as node:dgram tells it. */
const OPENING: readonly (readonly [FaultRule, Steps])[] = [
  ["bind:error=EADDRNOTAVAIL", unbound("EADDRNOTAVAIL -99")],
  ["bind:error=EACCES", unbound("EACCES -13")],
  ["socket:error=EMFILE", unbound("EMFILE -24")],
  ["socket:error=ENOMEM", unbound("ENOMEM -12")],
  ["connect:error=ENETUNREACH", {
    connectUnbound: "ENETUNREACH -101 connect 127.0.0.1:receiver",
    connect: "ENETUNREACH -101 connect 127.0.0.1:receiver",
    remoteAddress: "ERR_SOCKET_DGRAM_NOT_CONNECTED undefined undefined",
    disconnect: "ERR_SOCKET_DGRAM_NOT_CONNECTED undefined undefined",
  }],
  ["connect:error=EINTR:when=1", {}],
  // A broadcast that can't be set ends the process that has Deno.listenDatagram: nobody has its promise (Deno 2.9.6).
  ...backend === "deno" ? [] : [
    ["setsockopt:error=ENOMEM", {
      setTTL: "ENOMEM -12 setTTL",
      setBroadcast: "ENOMEM -12 setBroadcast",
      setMulticastTTL: "ENOMEM -12 setMulticastTTL",
      setMulticastLoopback: "ENOMEM -12 setMulticastLoopback",
      addMembership: "ENOMEM -12 addMembership",
    }] as const,
  ],
  ["getsockname:error=ENOBUFS", { address: "ENOBUFS -105 getsockname" }],
];

function unbound(error: string): Steps {
  const any = `event: ${error} bind 0.0.0.0:undefined`;
  return { bind: `event: ${error} bind 127.0.0.1:undefined`, connectUnbound: any, sendUnbound: any };
}

test(
  "where opening, connecting or setting fails the step says why, and the sockets work or can be bound",
  options,
  withPrograms(async (own, oracle) => {
    for (const [rule, failures] of OPENING) {
      const [told, expected] = await Promise.all([open(own, rule), oracle && open(oracle, rule)]);
      for (const [step, end] of Object.entries(told)) {
        assertMatch(end, /^(ok$|(event: )?E[A-Z_]+ )/, `${step}, ${rule}`);
      }
      if (expected) assertEquals(failed(expected), failures, `the oracle, ${rule}`);
      // What else a runtime calls for a step may fail as well, or it does without the call.
      const { bind, connectUnbound, sendUnbound } = told;
      if (backend === "node" || backend === "bun") assertEquals(failed(told), failures, rule);
      else if ("bind" in failures) assertEquals({ bind, connectUnbound, sendUnbound }, failures, rule);
    }
  }),
);

const failed = (steps: Steps): Steps => Object.fromEntries(Object.entries(steps).filter(([, end]) => end !== "ok"));

async function open(program: Program, rule: FaultRule): Promise<Steps> {
  const { told } = await program.play<Steps>("open", "opens", [rule]);
  for (const [name, end] of Object.entries(await program.ask<Steps>("opened"))) {
    assert(end === "ok" || end === "closed", `${name} after ${rule}: ${end}`);
  }
  await program.checkWell(rule);
  return told;
}
