/** Whatever the kernel refuses in the middle: the socket says why or goes on, and each datagram ends once. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { constants } from "node:os";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { capabilities, createSocket, type Feature, type Socket } from "@x/dgram";
import type { CallName } from "../../../src/runtimes/libc/calls.ts";
import { check } from "../../core/properties/check.ts";
import { type CallFault, FaultyCalls } from "../../support/faulty_calls.ts";
import { libc, libcSkip } from "../../support/libc.ts";
import { within } from "../../support/within.ts";

const has = (feature: Feature): boolean => capabilities.features[feature] !== "unavailable";

const HOST = "127.0.0.1";
const { EINTR, EAGAIN, ENOBUFS, ENOMEM, EBADF, EINVAL, EPERM, EACCES, EMFILE, ENETUNREACH, ENOPROTOOPT } =
  constants.errno;

/** Without dup2: over a number that is in use Linux can't refuse it, and where a sandbox does, the self-test finds it. */
const NAMES = [
  "socket",
  "bind",
  "connect",
  "close",
  "epoll_create1",
  "epoll_ctl",
  "getsockname",
  "getpeername",
  "getsockopt",
  "setsockopt",
  "send",
  "sendto",
  "sendmmsg",
  "recvmsg",
  "recvmmsg",
  "fcntl",
] as const satisfies readonly CallName[];

const skip = libcSkip ||
  (/ffi|bun/.test(capabilities.backend) ? false : `libc is not below the sockets of ${capabilities.backend}`);

/** What a refusal is remembered of is found out before the first one. */
function findOut(): void {
  JSON.stringify(capabilities);
  const { batches, offloads } = libc();
  JSON.stringify([batches, offloads]);
}

const faults: fc.Arbitrary<CallFault[]> = fc.array(
  fc.record({
    name: fc.constantFrom(...NAMES),
    errno: fc.constantFrom(
      EINTR,
      EINTR,
      EAGAIN,
      ENOBUFS,
      ENOMEM,
      EBADF,
      EINVAL,
      EPERM,
      EACCES,
      EMFILE,
      ENETUNREACH,
      ENOPROTOOPT,
    ),
    after: fc.nat(6),
    times: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.constantFrom(20, 200)),
  }),
  { minLength: 1, maxLength: 6 },
);

/** What a program does with its socket, each in a turn of its own. */
const STEPS = {
  send: (socket: Program) => socket.send(1),
  "send many": (socket: Program) => socket.send(70),
  "send a batch": (socket: Program) => socket.sendBatch(10),
  connect: ({ socket, port }: Program) => socket.connect(port, HOST),
  "connect at once": ({ socket, port }: Program) => socket.connectSync(port, HOST),
  disconnect: ({ socket }: Program) => socket.disconnect(),
  "set the TTL": ({ socket }: Program) => socket.setTTL(7),
  "set a size": ({ socket }: Program) => socket.setRecvBufferSize(200_000),
  "ask for a size": ({ socket }: Program) => socket.getSendBufferSize(),
  join: ({ socket }: Program) => socket.addMembership("239.255.77.8", HOST),
  address: ({ socket }: Program) => socket.address(),
  pause: ({ socket }: Program) => socket.pause(),
  resume: ({ socket }: Program) => socket.resume(),
  "another socket": ({ others }: Program) => {
    const other = createSocket("udp4").on("error", coded);
    others.push(other);
    other.bind(0, HOST);
  },
  "an end of another": ({ others }: Program) => others.pop()?.close(),
  "be sent to": (program: Program) => program.beSentTo(),
} as const;

type Step = keyof typeof STEPS;

const steps = fc.array(fc.constantFrom(...Object.keys(STEPS) as Step[]), { minLength: 1, maxLength: 12 });

function coded(error: unknown): void {
  const { code } = error as { code?: unknown };
  if (typeof code !== "string" || !/^(E[A-Z0-9]+|ERR_[A-Z_]+)$/.test(code)) throw error;
}

/** A small one takes 768 bytes of the 212,992 of a receive buffer. */
const MOST = 240;

/** A socket, its peer, and what was told of each datagram. */
class Program {
  readonly socket: Socket = createSocket("udp4");
  readonly peer: Socket = createSocket("udp4");
  readonly others: Socket[] = [];
  readonly port: number;
  readonly heard: string[] = [];
  readonly received: string[] = [];
  readonly ends: Map<string, (string | number)[]> = new Map();
  readonly batches: Promise<unknown>[] = [];
  errors = 0;
  #number = 0;

  constructor() {
    this.socket.on("error", (error) => {
      this.errors++;
      coded(error);
    });
    this.socket.on("message", (message) => this.received.push(String(message)));
    this.peer.on("message", (message) => this.heard.push(String(message)));
    this.peer.on("error", coded);
    this.socket.bindSync({ address: HOST });
    this.port = this.peer.bindSync({ address: HOST }).port;
  }

  get isConnected(): boolean {
    try {
      return this.socket.remoteAddress().port > 0;
    } catch {
      return false;
    }
  }

  /** As many as a receive buffer has room for, since nobody need read before the end. */
  send(count: number): void {
    for (let i = 0; i < count && this.#number < MOST; i++) {
      const text = `s${this.#number++}`;
      const told: (string | number)[] = [];
      const done = (error: Error | null): void => {
        if (error) coded(error);
        told.push(error ? (error as Error & { code: string }).code : 0);
      };
      const isConnected = this.isConnected;
      const send = this.socket.send as (...values: unknown[]) => void;
      send.call(this.socket, text, ...isConnected ? [] : [this.port, HOST], done);
      this.ends.set(text, told);
    }
  }

  sendBatch(count: number): void {
    const to = this.isConnected ? {} : { port: this.port, address: HOST };
    const messages = Array.from({ length: count }, () => ({ data: `b${this.#number++}`, ...to }));
    this.batches.push(this.socket.sendMany(messages as never).then(() => messages.length, coded));
  }

  beSentTo(): void {
    const { port } = this.socket.address();
    this.peer.send(`to ${this.#number++}`, port, HOST, (error) => error && coded(error));
  }
}

function attempt(step: () => void): void {
  try {
    step();
  } catch (error) {
    coded(error);
  }
}

/** It hears and is heard. */
async function isWell(program: Program): Promise<void> {
  const { socket, peer } = program;
  // A resume() that failed has told so, and is made again by the next one.
  attempt(() => socket.pause().resume());
  attempt(() => socket.disconnect());
  const last = `last ${program.heard.length}`;
  const heard = new Promise<void>((done) => peer.on("message", (message) => String(message) === last && done()));
  const received = new Promise<void>((done) => socket.on("message", (message) => String(message) === last && done()));
  const sent = new Promise<void>((done, fail) =>
    socket.send(last, program.port, HOST, (error) => error ? fail(error) : done())
  );
  await within(Promise.all([sent, heard]), "what it sends arrives");
  peer.send(last, socket.address().port, HOST);
  await within(received, "what is sent to it arrives");
}

test("sockets over a kernel that refuses what it likes say so or go on, and each datagram ends once", { skip }, () => {
  findOut();
  const faulty = new FaultyCalls(NAMES.filter((name) => name in libc().calls));
  const met = new Set<string>();
  return check(
    fc.asyncProperty(faults, steps, async (faults, steps) => {
      const program = new Program();
      const { socket, peer, others, ends, batches } = program;
      try {
        faulty.arm(faults);
        for (const step of steps) {
          attempt(() => void STEPS[step](program));
          await turn();
        }
        if (faulty.met > 0) { for (const { name } of faults) met.add(name); }
        faulty.disarm();
        await isWell(program);
        await within(Promise.all(batches), "each batch ends");
      } finally {
        faulty.disarm();
        const closed = [socket, peer, ...others].map((one) =>
          within(new Promise<void>((done) => void one.close(done)), "'close'")
        );
        await Promise.all(closed);
      }
      for (const [text, told] of ends) {
        assertEquals(told.length, 1, `${text} ended ${told.length} times`);
        // One that left while the kernel said that it did not: there is none here.
        if (told[0] === 0) assertEquals(program.heard.filter((one) => one === text).length, 1, `${text} arrived`);
      }
      assertEquals(new Set(program.heard).size, program.heard.length, "none arrived twice");
      assertEquals(new Set(program.received).size, program.received.length, "none was received twice");
    }),
    150,
  ).finally(() => {
    faulty.end();
    assert(met.size > 3, "there were faults");
  });
});

/** False where the kernel would not say which socket it is: it then stands for none, for good. */
function answers(socket: Socket): boolean {
  try {
    return socket.address().port > 0;
  } catch (error) {
    assertEquals((error as { code?: string }).code, "EBADF");
    return false;
  }
}

for (
  const [name, errnos] of [
    ["setsockopt", [EINVAL, ENOPROTOOPT, EPERM]],
    ["getsockopt", [ENOPROTOOPT, EPERM]],
    ["getsockname", [ENOBUFS]],
    ["socket", [EMFILE, ENOMEM]],
    ["bind", [EACCES, EINVAL]],
    ["epoll_create1", [EMFILE]],
    ["epoll_ctl", [ENOMEM]],
    ["dup2", [EMFILE]],
    ["fcntl", [EBADF]],
  ] as const
) {
  test(`a bind whose every ${name}() fails works or says why, and the next one works`, { skip }, async () => {
    if (!(name in libc().calls)) return;
    findOut();
    for (const errno of errnos) {
      for (
        const options of [
          {},
          { reuseAddr: true },
          ...has("reusePort") ? [{ reusePort: true }] : [],
          ...has("receiveInfo") ? [{ receiveInfo: true }] : [],
          { receiveOffload: true },
          { recvBufferSize: 50_000 },
        ]
      ) {
        const faulty = new FaultyCalls([name]);
        const socket = createSocket({ type: "udp4", ...options });
        try {
          faulty.arm([{ name, errno, after: 0, times: 10_000 }]);
          const told = await within(
            new Promise<unknown>((done) => socket.on("error", done).bind(0, HOST, () => done(null))),
            "a bind ends",
          );
          if (told !== null) coded(told);
          faulty.disarm();
          if (told !== null) socket.bindSync({ address: HOST });
          if (!answers(socket)) continue;
          const heard = new Promise((done) => socket.once("message", done));
          socket.send("x", socket.address().port, HOST, (error) => assertEquals(error, null));
          await within(heard, "it hears itself");
        } finally {
          faulty.end();
          await within(new Promise<void>((done) => void socket.close(done)), "'close'");
        }
      }
    }
  });
}
