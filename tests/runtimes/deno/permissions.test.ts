/**
 * Deno's permissions stay in force, whichever way the datagrams go: with and without --unstable-net and --allow-ffi, as
 * the process was started that runs these tests. What leaves is counted by others.
 */
import { capabilities } from "@x/dgram";
import { assert, assertEquals } from "@std/assert";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { root, runtime, selfCommand } from "../../support/child.ts";
import { type JsonProcess, type ProcessResult, startProcess } from "../../support/json_process.ts";
import { noAddress } from "../../support/loopback.ts";
import { peersSkip, python, startPeer } from "../../support/python.ts";
import { within } from "../../support/within.ts";

type Step = [name: string, ...args: unknown[]];

const HOST = "127.0.0.1";
const DENIED = "ERR_ACCESS_DENIED";
const skip = runtime !== "deno" ? "only on Deno" : peersSkip || noAddress("127.0.0.2");

/** The command line of the steps, with these permissions in place of this process's own. */
function command(permissions: readonly string[], steps: readonly Step[]): [string, string[]] {
  const [deno, [verb, ...rest]] = selfCommand("runtimes/deno/permissions", [JSON.stringify(steps)]);
  const others = rest.filter((flag) => !/^(-A$|--allow-|--deny-|--no-prompt$)/.test(flag));
  const ffi = rest.filter((flag) => flag.startsWith("--allow-ffi") && !permissions.some((own) => own.includes("-ffi")));
  // Deno 2.9.5 adds -A to any argument list of a child in which there is a Deno without permissions.
  return [deno, [verb, "--deny-write", ...permissions, ...ffi, ...others]];
}

function outcomesOf({ stdout, stderr, code }: Pick<ProcessResult, "stdout" | "stderr" | "code">): unknown[] {
  assertEquals({ stderr, code }, { stderr: "", code: 0 });
  return JSON.parse(stdout);
}

/** Plays the steps with standard input closed, and answers each one's outcome. */
async function play(permissions: readonly string[], steps: readonly Step[]): Promise<unknown[]> {
  return await run(...command(permissions, steps));
}

/** The same with a descriptor that may be adopted. */
async function playWithDescriptor(permissions: readonly string[], steps: readonly Step[]): Promise<unknown[]> {
  const [program, args] = command(permissions, steps);
  return await run(python, [resolve(root, "tests", "peers", "descriptor.py"), "plain", program, ...args]);
}

async function run(program: string, args: readonly string[]): Promise<unknown[]> {
  const child = startProcess(program, args);
  child.end();
  return outcomesOf(await within(child.result, "the steps", 30_000));
}

/** Plays steps of which each has its outcome beside it. */
async function expect(permissions: readonly string[], list: readonly [unknown, Step][]): Promise<void> {
  const outcomes = await play(permissions, list.map(([, step]) => step));
  assertEquals(list.map(([, step], index) => [outcomes[index], step]), list.map(([outcome, step]) => [outcome, step]));
}

interface Listener {
  readonly port: number;
  /** All that it heard: a stranger's datagram ends the list. */
  heard(): Promise<string[]>;
}

/** Gives a test two peers of Python's, and ends them. */
async function withPeers(use: (first: Listener, second: Listener) => Promise<void>): Promise<void> {
  const peers = await Promise.all([listen(), listen()]);
  try {
    await use(peers[0].listener, peers[1].listener);
  } finally {
    for (const { peer } of peers) peer.end();
    await within(Promise.all(peers.map(({ peer }) => peer.result)), "the peers' end");
  }
}

/** On all addresses: 127.0.0.1 may be permitted, and 127.0.0.2 not. */
async function listen(): Promise<{ peer: JsonProcess; listener: Listener }> {
  const peer = startPeer("receiver", ["4", "0.0.0.0"]);
  const { port } = await within(peer.next<{ port: number }>(), "the peer's port");
  const heard = async (): Promise<string[]> => {
    peer.send({ text: "the end", address: HOST, port });
    const texts: string[] = [];
    for (;;) {
      const { text } = await within(peer.next<{ text: string }>(), "the end of what a peer heard");
      if (text === "the end") return texts;
      texts.push(text);
    }
  };
  return { peer, listener: { port, heard } };
}

test("without --allow-net nothing is bound, connected or sent", { skip }, async () => {
  await withPeers(async ({ port, heard }) => {
    for (const permissions of [[], ["--allow-net", "--deny-net"], ["--allow-net=192.0.2.1"]]) {
      await expect(permissions, [
        ["done", ["open", "udp4"]],
        [DENIED, ["bindSync", {}]],
        [DENIED, ["bindSync", { address: HOST }]],
        [`'error' ${DENIED}`, ["bind", 0, HOST]],
        [`'error' ${DENIED}`, ["send", "on an unbound socket", port, HOST]],
        [DENIED, ["connectSync", port, HOST]],
        ["done", ["close"]],
        ["done", ["open", "udp4"]],
        [`'error' ${DENIED}`, ["connect", port, HOST]],
        ["done", ["close"]],
        ["done", ["open", "udp6"]],
        [DENIED, ["bindSync", {}]],
        [DENIED, ["bindSync", { address: "::1", ipv6Only: true }]],
        ["done", ["close"]],
      ]);
    }
    assertEquals(await heard(), []);
  });
});

/** What may be used is the same: the first peer's port on 127.0.0.1, and any port of its own there. */
const limits: readonly [string, (first: number, second: number) => string[]][] = [
  ["some hosts allowed", (first) => [`--allow-net=${HOST}:0,${HOST}:${first}`]],
  ["some hosts denied", (_, second) => ["--allow-net", `--deny-net=${HOST}:${second},127.0.0.2,0.0.0.0`]],
];

for (const [name, permissionsFor] of limits) {
  test(`with ${name}, a refused address is neither bound nor sent to, and the others are`, { skip }, async () => {
    await withPeers(async (first, second) => {
      await expect(permissionsFor(first.port, second.port), [
        ["done", ["open", "udp4"]],
        [DENIED, ["bindSync", { address: "127.0.0.2" }]],
        [DENIED, ["bindSync", { address: "0.0.0.0" }]],
        [`'error' ${DENIED}`, ["bind", 0, "127.0.0.2"]],
        ["done", ["bindSync", { address: HOST }]],
        ["done", ["send", "sent", first.port, HOST]],
        [DENIED, ["send", "to the other port", second.port, HOST]],
        [DENIED, ["send", "to the other host", first.port, "127.0.0.2"]],
        [[DENIED, 1, 2], ["sendMany", ["first", first.port, HOST], ["x", second.port, HOST], [
          "third",
          first.port,
          HOST,
        ]]],
        [[DENIED, 0, 0], ["sendMany", ["x", first.port, "127.0.0.2"], ["x", second.port, HOST]]],
        ["done", ["send", "last", first.port, HOST]],
        ["done", ["close"]],
      ]);
      assertEquals([await first.heard(), await second.heard()], [["sent", "first", "third", "last"], []]);
    });
  });

  test(`with ${name}, a socket is not connected to a refused address, and goes on`, { skip }, async () => {
    await withPeers(async (first, second) => {
      await expect(permissionsFor(first.port, second.port), [
        ["done", ["open", "udp4"]],
        ["done", ["bindSync", { address: HOST }]],
        [DENIED, ["connectSync", second.port, HOST]],
        [DENIED, ["connectSync", first.port, "127.0.0.2"]],
        [DENIED, ["connect", second.port, HOST]],
        ["ERR_SOCKET_DGRAM_NOT_CONNECTED", ["call", "remoteAddress"]],
        ["done", ["connectSync", first.port, HOST]],
        ["done", ["send", "connected"]],
        [2, ["sendMany", ["one"], ["two"]]],
        ["done", ["close"]],
      ]);
      assertEquals([await first.heard(), await second.heard()], [["connected", "one", "two"], []]);
    });
  });
}

test("a refused IPv4 address is refused in its IPv6 form too", { skip }, async () => {
  await withPeers(async ({ port, heard }) => {
    await expect(["--allow-net", "--deny-net=127.0.0.2"], [
      ["done", ["open", "udp6"]],
      ["done", ["bindSync", {}]],
      [DENIED, ["send", "mapped", port, "::ffff:127.0.0.2"]],
      [DENIED, ["send", "mapped", port, "::ffff:7f00:2"]],
      [DENIED, ["connectSync", port, "::ffff:127.0.0.2"]],
      ["done", ["send", "allowed", port, "::ffff:127.0.0.1"]],
      ["done", ["close"]],
    ]);
    assertEquals(await heard(), ["allowed"]);
  });
});

test("what is no host name is not found where some hosts are allowed, and what names an address is looked at", {
  skip,
}, async () => {
  await withPeers(async ({ port, heard }) => {
    const noNames = ["a b", "exa mple%", "a..b", "a/b", "xn--", "\ud800", `${HOST}:${port}`, "b".repeat(300)];
    await expect([`--allow-net=${HOST}`], [
      ["done", ["open", "udp4"]],
      ["done", ["bindSync", { address: HOST }]],
      ...noNames.map((name): [unknown, Step] => ["ENOTFOUND", ["send", "to nobody", port, name]]),
      ...noNames.map((name): [unknown, Step] => ["ENOTFOUND", ["connect", port, name]]),
      [DENIED, ["send", "to the other family", port, "::1%"]],
      [DENIED, ["send", "in wide digits", port, "１２７.0.0.2"]],
      ["done", ["send", "in wide digits", port, "１２７.0.0.1"]],
      ["done", ["connect", port, HOST]],
      ["done", ["send", "connected"]],
      ["done", ["close"]],
    ]);
    assertEquals(await heard(), ["in wide digits", "connected"]);
  });
});

test("a descriptor is adopted with --allow-net for every host, and else refused", { skip }, async () => {
  const steps: Step[] = [["open", "udp4"], ["adopt"], ["close"]];
  assertEquals(await playWithDescriptor(["--allow-net"], steps), ["done", "done", "done"]);
  for (const permissions of [[], [`--allow-net=${HOST}`], ["--allow-net", "--deny-net=192.0.2.1"]]) {
    assertEquals(await playWithDescriptor(permissions, steps), ["done", DENIED, "done"], permissions.join(" "));
  }
});

const states: readonly [string, (port: number) => Step[], boolean][] = [
  ["an unconnected", () => [], false],
  ["a connected", (port) => [["connectSync", port, HOST]], true],
];

for (const [state, prepare, connected] of states) {
  test(`${state} socket sends nothing more when the permission is revoked`, { skip }, async () => {
    await withPeers(async ({ port, heard }) => {
      const to = connected ? [] : [port, HOST];
      const revocations: [string[], object][] = [
        [["--allow-net"], { name: "net" }],
        [[`--allow-net=${HOST}`], { name: "net" }],
        [[`--allow-net=${HOST}`], { name: "net", host: HOST }],
        [[`--allow-net=${HOST}:0,${HOST}:${port}`], { name: "net", host: `${HOST}:${port}` }],
      ];
      for (const [permissions, descriptor] of revocations) {
        const outcomes = await play(permissions, [
          ["open", "udp4"],
          ["bindSync", { address: HOST }],
          ...prepare(port),
          ["send", "before", ...to],
          ["sendMany", ["before", ...to], ["before", ...to]] as Step,
          ["revoke", descriptor],
          ["send", "after", ...to],
          ["sendMany", ["after", ...to], ["after", ...to]] as Step,
          ["close"],
        ]);
        const opened = ["done", "done", ...(connected ? ["done"] : [])];
        assertEquals(
          [permissions, descriptor, outcomes],
          [permissions, descriptor, [...opened, "done", 2, "done", DENIED, [DENIED, 0, 0], "done"]],
        );
        assertEquals(await heard(), ["before", "before", "before"]);
      }
    });
  });
}

test(
  "calls fail with a code where --allow-ffi is revoked, and the socket is closed all the same",
  { skip },
  async () => {
    await withPeers(async ({ port }) => {
      const outcomes = await play(["--allow-net"], [
        ["open", "udp4"],
        ["bindSync", { address: HOST }],
        ["revoke", { name: "ffi" }],
        ["send", "x", port, HOST],
        ["connect", port, HOST],
        ["close"],
      ]);
      // A function of libc that was called before goes on being callable.
      const failures = outcomes.filter((outcome) => outcome !== "done" && outcome !== "EACCES");
      assertEquals([failures, outcomes.at(-1)], [[], "done"]);
    });
  },
);

test("a revoked permission binds, connects and adopts nothing more", { skip }, async () => {
  await withPeers(async ({ port, heard }) => {
    const steps: Step[] = [
      ["open", "udp4"],
      ["bindSync", { address: HOST }],
      ["revoke", { name: "net" }],
      ["connectSync", port, HOST],
      ["close"],
      ["open", "udp4"],
      ["bindSync", { address: HOST }],
      ["adopt"],
      ["close"],
    ];
    const outcomes = await playWithDescriptor(["--allow-net"], steps);
    assertEquals(outcomes, ["done", "done", "done", DENIED, "done", "done", DENIED, DENIED, "done"]);
    assertEquals(await heard(), []);
  });
});

/** Whatever there is to ask for. */
const everything = (port: number): Step[] => [
  ["support", "broadcast"],
  ["open", "udp4"],
  ["bind", 0, HOST],
  ["bindSync", { address: HOST }],
  ["send", "x", port, HOST],
  ["connect", port, HOST],
  ["close"],
  ["open", "udp6"],
  ["call", "addMembership", "ff02::77:77", "::%lo"],
  ["call", "setMulticastInterface", "::%lo"],
  ["bindSync", { address: "::1", ipv6Only: true }],
  ["connectSync", port, "::1"],
  ["send", "x", port, "fe80::1%lo"],
  ["close"],
];

/** For tests/peers/terminal.py: seconds, and what nobody answers. */
const UNANSWERED = ["20", JSON.stringify([["Allow?", null]])];

test("no question to the user comes up at a terminal, whatever is refused", { skip }, async () => {
  await withPeers(async ({ port, heard }) => {
    for (const permissions of [[], ["--allow-net=[::]:0,[::1]:0,127.0.0.1:0,0.0.0.0:0"]]) {
      const [program, args] = command(permissions, everything(port));
      const child = startPeer("terminal", [...UNANSWERED, program, ...args], { env: { NO_COLOR: "1" } });
      child.end();
      const { output, code } = await within(child.next<{ output: string; code: number }>(), "the terminal", 30_000);
      const outcomes = outcomesOf({ stdout: output, stderr: "", code });
      // The steps are the same where nobody could be asked.
      assertEquals(outcomes, await play([...permissions, "--no-prompt"], everything(port)));
      assert(outcomes.includes(DENIED));
    }
    assertEquals(await heard(), []);
  });
});

test("no question comes up for a host name that may not be looked up", { skip }, async () => {
  for (const step of [["bind", 0, "localhost"], ["send", "x", 9, "localhost"], ["connect", 9, "localhost"]] as Step[]) {
    const steps: Step[] = [["open", "udp4"], step, ["close"]];
    const [program, args] = command(["--allow-net=127.0.0.1:0,0.0.0.0:0"], steps);
    const child = startPeer("terminal", [...UNANSWERED, program, ...args], { env: { NO_COLOR: "1" } });
    child.end();
    const { output, code } = await within(child.next<{ output: string; code: number }>(), "the terminal", 30_000);
    assertEquals({ step, code, asked: output.includes("Allow?") }, { step, code: 0, asked: false });
  }
});

test("no question comes up for the host names of the promises and the web entry", { skip }, async () => {
  const to = { remoteAddress: "localhost", remotePort: 9 };
  const steps: [unknown, Step][] = [
    [DENIED, ["connected", 9, "localhost"]],
    [DENIED, ["requested", 9, "localhost"]],
    [["NetworkError", DENIED], ["web", to]],
    [["NetworkError", DENIED], ["web", { ...to, dnsQueryType: "ipv4" }]],
    [["NetworkError", DENIED], ["web", { localAddress: HOST }, to]],
  ];
  const [program, args] = command(["--allow-net=127.0.0.1:0,0.0.0.0:0"], steps.map(([, step]) => step));
  const child = startPeer("terminal", [...UNANSWERED, program, ...args], { env: { NO_COLOR: "1" } });
  child.end();
  const { output, code } = await within(child.next<{ output: string; code: number }>(), "the terminal", 30_000);
  assertEquals(outcomesOf({ stdout: output, stderr: "", code }), steps.map(([outcome]) => outcome));
});

/** Where the system's C library may be. */
const libraries = [
  `/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/libc.so.6`,
  "/lib64/libc.so.6",
  "/usr/lib/libc.so.6",
].filter((path) => existsSync(path));

test("--allow-ffi for the C library's path is enough, and for another path is none", {
  skip: skip || (capabilities.backend === "deno" && "the sockets of this cell are Deno.listenDatagram's alone") ||
    (libraries.length === 0 && "the C library is not where it usually is"),
}, async () => {
  const steps: Step[] = [
    ["support", "trafficClass"],
    ["open", "udp4"],
    ["bindSync", { address: HOST }],
    ["call", "setTOS", 8],
    ["connectSync", 9, HOST],
    ["close"],
    ["open", "udp4"],
    ["bindSync", { address: "127.0.0.2" }],
  ];
  const net = `--allow-net=${HOST}`;
  const rest = ["done", "done", DENIED];
  assertEquals(
    await play([net, `--allow-ffi=${libraries[0]}`], steps),
    ["native", "done", "done", "done", "done", ...rest],
  );
  for (const flag of ["--allow-ffi=/nonexistent/libc.so.6", "--deny-ffi"]) {
    assertEquals(
      await play([net, flag], steps),
      ["unavailable", "done", "done", "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", "done", ...rest],
      flag,
    );
  }
});
