/** A machine that nobody knows, and a libc that lies: the module loads, says what it lacks and why, and the rest works. */
import { assertEquals, assertMatch } from "@std/assert";
import { capabilities } from "@x/dgram";
import process from "node:process";
import { test } from "node:test";
import type { Pretence } from "./pretending.child.ts";
import { spawnSelf } from "../support/child.ts";
import type { Lie } from "../support/lying_ffi.ts";

const { backend } = capabilities;
const usesLibc = backend === "bun" || backend.endsWith("-ffi");
const hasLibc = process.platform === "linux" || process.platform === "darwin";

async function play(pretence: Pretence): Promise<{ why: string; native: string[] }> {
  const surroundings = { families: [4], loopback: true, ...pretence };
  const { stdout, stderr, code } = await spawnSelf("runtimes/pretending", [JSON.stringify(surroundings)], {
    timeout: 30_000,
  });
  assertEquals(code, 0, stdout + stderr);
  const [why, seen] = stdout.trim().split("\n").map((line) => JSON.parse(line));
  const { features, unexplained, failures } = seen;
  assertEquals({ unexplained, failures }, { unexplained: [], failures: [] });
  return { why, native: Object.keys(features).filter((feature) => features[feature] === "native") };
}

/** What only system calls bring. */
const BY_LIBC = ["bindToDevice", "dontFragment", "pathMTU", "receiveInfo", "trafficClass"];

for (const [platform, arch] of [["plan9", "x64"], ["linux", "riscv64"], ["haiku", "sparc"]]) {
  test(`on ${platform} ${arch}, which nobody knows, what needs no system calls works`, async () => {
    const { why, native } = await play({ platform, arch });
    assertEquals(BY_LIBC.filter((feature) => native.includes(feature)), []);
    assertMatch(why, new RegExp(`not known on ${platform} ${arch}`));
  });
}

const skip = (!hasLibc && "no system calls are known here") || (!usesLibc && "no libc is asked here");

const lies: readonly (readonly [string, Lie])[] = [
  ["is content with everything", { answer: 0, errno: 0 }],
  ["fails for no reason", { answer: -1, errno: 0 }],
  ["is interrupted for ever", { answer: -1, errno: 4 }],
  ["fails with an unknown errno", { answer: -1, errno: 9999 }],
  ["answers a large number", { answer: 0x7fff_fff0, errno: 0 }],
  ["throws", { thrown: "no such function" }],
  ["sets options by name only", { answer: 0, about: ["setsockopt"] }],
  ["tells no names", { answer: 0, about: ["getsockname"] }],
];

for (const [what, lie] of lies) {
  test(`a libc that ${what} is not used, and the rest works`, { skip }, async () => {
    const { why, native } = await play({ lie });
    assertEquals(BY_LIBC.filter((feature) => native.includes(feature)), []);
    assertMatch(why, /self-test|could not be loaded/);
  });
}

const partly: readonly (readonly [string, readonly string[]])[] = [
  ["batches", ["sendmmsg", "recvmmsg", "syscall"]],
  ["messages", ["recvmsg"]],
  ["what wakes a runtime", ["socketpair", "epoll_create1", "epoll_ctl"]],
];

for (const [what, about] of partly) {
  for (const lie of [{ thrown: "no such function", about }, { answer: 77, about }]) {
    const says = lie.thrown === undefined ? "answers nonsense" : "throws";
    test(`a libc that ${says} about ${what} takes away what needs them`, { skip }, async () => {
      const { why } = await play({ lie });
      assertEquals(why, null);
    });
  }
}
