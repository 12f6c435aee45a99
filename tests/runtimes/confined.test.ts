/**
 * The module where less is allowed than on a usual machine: system calls are refused, as in containers, hardened services
 * and gVisor, or there is no loopback interface, no /proc, nothing to write. Whatever the capabilities call there works.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { capabilities, type Feature, type Support } from "@x/dgram";
import { isBuiltin } from "node:module";
import { networkInterfaces } from "node:os";
import process from "node:process";
import { test } from "node:test";
import { runtime, selfCommand } from "../support/child.ts";
import { type CommandLine, refusing, refusingSkip, unshared, unsharedSkip } from "../support/confinement.ts";
import { startProcess } from "../support/json_process.ts";

const { backend, features } = capabilities;
const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));
const families = hasIPv6 ? [4, 6] : [4];
/** Without libc what is refused is refused to the runtime, which tells it by itself. */
const byLibc = backend === "bun" || backend.endsWith("-ffi");
const denoByLibc = backend.startsWith("deno") && backend.endsWith("-ffi");

type Changes = Partial<Record<Feature, Support>>;

/** Confined, all is there that is there otherwise, but for what is native here and said to change. */
async function play(confined: (command: CommandLine) => CommandLine, changes: Changes = {}, surroundings = {}) {
  const child = startProcess(
    ...confined(selfCommand("runtimes/confined", [JSON.stringify({ families, loopback: true, ...surroundings })])),
    { timeout: 30_000 },
  );
  child.end();
  const { stdout, stderr, code } = await child.result;
  assertEquals(code, 0, stdout + stderr);
  const expected: Record<string, Support> = {};
  for (const feature of Object.keys(features) as Feature[]) {
    expected[feature] = features[feature] === "native" ? changes[feature] ?? "native" : features[feature];
  }
  assertEquals(JSON.parse(stdout.trim().split("\n").at(-1)!), { features: expected, unexplained: [], failures: [] });
}

const refuse = (...rules: string[]) => (command: CommandLine) => refusing(rules, command);

/** Of IPv4's level 0 and IPv6's 41, or of SOL_SOCKET, which is 1. */
const noOption = (call: "getsockopt" | "setsockopt", level: 0 | 1 | 41, ...names: number[]): string[] =>
  names.map((name) => `${call}:ENOPROTOOPT:1=${level},2=${name}`);

test(
  "without netlink no interface is known, and nothing fails by that",
  { skip: refusingSkip },
  () => play(refuse("socket:EAFNOSUPPORT:0=16")),
);

const WITHOUT_BATCHES: Changes = {
  receiveOffload: "emulated",
  sendOffload: "emulated",
  ...backend === "node" ? {} : { sendBatch: "emulated" },
};

for (const [calls, errno] of [[["recvmmsg"], "ENOSYS"], [["sendmmsg", "recvmmsg"], "EPERM"]] as const) {
  test(
    `where ${calls.join(" and ")} answer ${errno}, each datagram has a system call`,
    { skip: refusingSkip },
    () => play(refuse(...calls.map((call) => `${call}:${errno}`)), WITHOUT_BATCHES),
  );
}

test(
  "a kernel without numbers for its sockets takes nothing away",
  { skip: refusingSkip },
  () => play(refuse(...noOption("getsockopt", 1, 57))),
);

test(
  "where the kernel tells nothing of a datagram, receiveInfo is unavailable",
  { skip: refusingSkip },
  () =>
    play(refuse(...noOption("setsockopt", 0, 8, 12, 13), ...noOption("setsockopt", 41, 49, 51, 66)), {
      receiveInfo: "unavailable",
    }),
);

test(
  "where the kernel lets nobody choose fragmentation, what takes that is unavailable",
  { skip: refusingSkip },
  () =>
    play(
      refuse(
        ...noOption("setsockopt", 0, 10),
        ...noOption("setsockopt", 41, 23),
        ...noOption("getsockopt", 0, 14),
        ...noOption("getsockopt", 41, 24),
      ),
      { dontFragment: "unavailable", pathMTU: "unavailable" },
    ),
);

test(
  "where ports can't be shared nor devices chosen, both are unavailable",
  { skip: refusingSkip },
  () => play(refuse(...noOption("setsockopt", 1, 15, 25)), { bindToDevice: "unavailable", reusePort: "unavailable" }),
);

/** Of TTLs, broadcast, groups and the sizes of buffers: on each kind of socket. */
const OPTIONS = [
  ...noOption("setsockopt", 0, 2, 32, 33, 34, 35, 39),
  ...noOption("setsockopt", 41, 16, 17, 18, 19, 20, 46),
  ...noOption("setsockopt", 1, 6, 7, 8),
];
const WITHOUT_OPTIONS: Changes = {
  broadcast: "unavailable",
  membership: "unavailable",
  multicastInterface: "unavailable",
  multicastLoopback: "unavailable",
  multicastTTL: "unavailable",
  recvBufferSize: "unavailable",
  sendBufferSize: "unavailable",
  sourceSpecificMembership: "unavailable",
  ttl: "unavailable",
};

test(
  "an option that is refused takes away its own feature, and nothing else",
  { skip: refusingSkip },
  () => play(refuse(...OPTIONS), byLibc ? WITHOUT_OPTIONS : {}, { options: byLibc }),
);

test(
  "where only memberships of single sources are refused, they are unavailable",
  { skip: refusingSkip },
  () =>
    play(
      refuse(...noOption("setsockopt", 0, 39), ...noOption("setsockopt", 41, 46)),
      byLibc ? { sourceSpecificMembership: "unavailable" } : {},
      { options: byLibc },
    ),
);

test(
  "where the kernel joins no datagrams though it tells of that option, each is received by itself",
  { skip: refusingSkip },
  () => play(refuse("setsockopt:ENOPROTOOPT:1=17,2=104"), { receiveOffload: "emulated" }),
);

test(
  "where IPv6 sockets are refused, IPv4's work",
  { skip: refusingSkip },
  () => play(refuse("socket:EAFNOSUPPORT:0=10"), {}, { families: [4] }),
);

test(
  "where nothing may be connected, every socket can be bound that asks for nothing more",
  { skip: refusingSkip },
  () =>
    play(
      refuse("connect:EPERM"),
      // A bell, which wakes Deno, is connected to itself.
      denoByLibc ? { linkLocalScope: "emulated", receiveInfo: "unavailable", receiveOffload: "emulated" } : {},
      { connects: false },
    ),
);

/** What libc receives alone for takes another descriptor in the place of a runtime's own. */
const WITHOUT_PLACES: Changes = {
  receiveInfo: "unavailable",
  receiveOffload: "emulated",
  // Deno's pending receive keeps the port, until another stands at its number; Bun's can't be paused.
  ...denoByLibc ? { closeInTurn: "unavailable", linkLocalScope: "emulated" } : {},
  ...backend === "bun" ? { pause: "unavailable" } : {},
};

// glibc's dup2() is dup3 on arm64.
for (const errno of ["EPERM", "ENOSYS"]) {
  test(
    `where dup2 and dup3 answer ${errno}, what takes them is unavailable, and all else works`,
    { skip: refusingSkip },
    () => play(refuse(`dup2:${errno}`, `dup3:${errno}`), WITHOUT_PLACES),
  );
}

/** F_DUPFD_CLOEXEC. */
const NO_DUPLICATES = "fcntl:EPERM:1=1030";

test(
  "where no descriptor can be duplicated, what takes that is unavailable, and all else works",
  { skip: refusingSkip || (runtime === "deno" && "Deno 2.9.6 does not start without duplicates of descriptors") },
  () => play(refuse(NO_DUPLICATES), WITHOUT_PLACES),
);

// The kind alone that a bell is made of: Deno itself needs pairs of streams. An epoll of its own every runtime needs:
// what is lost without one shows where libc alone is refused it (pretending.test.ts).
test(
  "where pairs of sockets are refused, Deno can't be woken, and nothing else is lost",
  { skip: refusingSkip },
  () =>
    play(
      refuse(`socketpair:EPERM:0=1,1=${2 | 0o2004000}`),
      denoByLibc ? { linkLocalScope: "emulated", receiveInfo: "unavailable", receiveOffload: "emulated" } : {},
    ),
);

/** libuv sends all by sendmsg, and so does libc through node:ffi where a datagram leaves alone. */
const sendsByMessage = backend === "node" || (backend === "node-ffi" && isBuiltin("node:ffi"));

test("where sendmsg is refused, what is sent by it says so to its callback, and all else arrives", {
  skip: refusingSkip,
}, async () => {
  const child = startProcess(...refuse("sendmsg:EPERM")(selfCommand("runtimes/confined_sends")), { timeout: 30_000 });
  child.end();
  const { stdout, stderr, code } = await child.result;
  assertEquals(code, 0, stdout + stderr);
  const { unconnected, connected } = JSON.parse(stdout);
  const end = sendsByMessage ? "EPERM" : null;
  const all = new Array(5).fill(end);
  assertEquals([unconnected.alone, connected], [all, { alone: all, together: all }]);
  // Those of one turn leave by sendmmsg where libc sends.
  assertEquals(unconnected.together, backend === "node" ? all : new Array(5).fill(null));
});

/** How often the runtime opened a socket to tell its capabilities: at first, and afterwards. */
async function askOnce(confined: (command: CommandLine) => CommandLine) {
  const child = startProcess(...confined(selfCommand("runtimes/asked_once")), { timeout: 30_000 });
  child.end();
  const { stdout, stderr, code } = await child.result;
  assertEquals(code, 0, stdout + stderr);
  return JSON.parse(stdout) as { first: number; others: number; note: string | null };
}

test("what is refused is asked for once, and the note says why", { skip: refusingSkip }, async () => {
  const usual = await askOnce((command) => command);
  const refused = await askOnce(refuse(...noOption("setsockopt", 1, 15)));
  assertEquals([usual.others, refused.others], [0, 0]);
  // Node 18 and 20 don't know the option; Deno alone has no use for it.
  if (features.reusePort === "native") assertMatch(refused.note ?? "", /ENOPROTOOPT|a sandbox, refuses/);
  else assertEquals(refused.note, usual.note);
});

test("sockets that are refused are asked for once", { skip: refusingSkip }, async () => {
  const { first, others } = await askOnce(refuse("bind:EADDRNOTAVAIL"));
  assert(first <= 2, `${first} opened`);
  assertEquals(others, 0);
});

const NO_LOOPBACK = "true";
test("without a loopback interface every feature is there that is there with one", {
  skip: unsharedSkip("net", NO_LOOPBACK),
}, () => play((command) => unshared("net", NO_LOOPBACK, command), {}, { loopback: false }));

const NO_IPV6 = "ip link set lo up && sysctl -qw net.ipv6.conf.all.disable_ipv6=1";
test(
  "without IPv6 on any interface, what needs IPv4 alone works, and every feature is there",
  { skip: unsharedSkip("net", NO_IPV6) },
  () => play((command) => unshared("net", NO_IPV6, command), {}, { families: [4] }),
);

test(
  "with few descriptors everything works",
  { skip: process.platform === "win32" && "descriptors are not limited on Windows" },
  () => play(([command, args]) => ["sh", ["-c", 'ulimit -n 64; exec "$@"', "sh", command, ...args]]),
);

const READ_ONLY = "mount -o remount,ro,bind /";
test(
  "where no file can be written, everything works",
  { skip: unsharedSkip("mount", READ_ONLY) },
  () => play((command) => unshared("mount", READ_ONLY, command)),
);

const MASKED = "mount -t proc -o subset=pid none /proc";
test(
  "where /proc shows processes alone, as in a container, everything works",
  { skip: unsharedSkip("mount", MASKED) },
  () => play((command) => unshared("mount", MASKED, command)),
);

const NO_PROC = "mount -t tmpfs none /proc";
test("without /proc everything works", {
  skip: runtime === "node" ? unsharedSkip("mount", NO_PROC) : "neither Deno 2.9.6 nor Bun 1.4.5 starts without /proc",
}, () => play((command) => unshared("mount", NO_PROC, command)));
