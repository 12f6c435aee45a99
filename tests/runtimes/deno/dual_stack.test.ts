/** The two sockets that stand for one of udp6 on `::` where Deno can't have IPv4 heard by it: here they are played. */
import { assertEquals } from "@std/assert";
import { capabilities } from "@x/dgram";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { AddressInfo, Datagram, Handle, Host, OpenOptions } from "../../../src/core/backend.ts";
import { UNAVAILABLE } from "../../../src/core/backend.ts";
import { getErrno } from "../../../src/core/errors.ts";
import { openDualStack } from "../../../src/runtimes/deno/dual_stack.ts";

const skip = capabilities.runtime === "deno" ? false : "it is Deno's, and asks for its permissions";

const OPTIONS: OpenOptions = {
  family: 6,
  address: "::",
  port: 0,
  reuseAddr: false,
  reusePort: false,
  ipv6Only: false,
};

/** One of the two, which writes down what it is told. */
class Part {
  readonly calls: string[] = [];
  readonly options: OpenOptions;
  readonly host: Host;
  queueCount = 0;
  answer = 0;

  constructor(options: OpenOptions, host: Host) {
    this.options = options;
    this.host = host;
  }

  get handle(): Handle {
    const tell = (name: string) => (...given: unknown[]): number => {
      this.calls.push([name, ...given.map(textOf)].join(" "));
      return this.answer;
    };
    const waiting = (): number => this.queueCount;
    const names = ["connect", "disconnect", "set", "setMulticastInterface", "join", "leave", "ref", "unref"];
    const others = ["pause", "resume", "cancel"];
    const { options: { family, port, address } } = this;
    const end: AddressInfo = { address, port: port || 7000, family: `IPv${family}` };
    return {
      ...Object.fromEntries([...names, ...others].map((name) => [name, tell(name)])),
      queueSize: 5,
      get queueCount() {
        return waiting();
      },
      address: () => end,
      remoteAddress: () => ({ ...end, port: 53 }),
      send: (datagram: Datagram) => {
        tell("send")(datagram.address, datagram.port);
        this.host.sent(datagram, 0);
        return 1;
      },
      close: (done: () => void) => {
        tell("close")();
        done();
      },
    } as unknown as Handle;
  }

  hear(text: string, address: string): void {
    const { family } = this.options;
    this.host.message(Buffer.from(text), { address, family: `IPv${family}`, port: 9, size: text.length });
  }

  take(): string[] {
    return this.calls.splice(0);
  }
}

const textOf = (value: unknown): string =>
  typeof value === "object" && value !== null ? JSON.stringify(value) : `${value}`;

/** What the core is told. */
class Told {
  readonly lines: string[] = [];
  readonly host = {
    message: (data: Buffer, from: { address: string; family: string }) => {
      this.lines.push(`${data} of ${from.family} ${from.address}`);
    },
    sent: (datagram: Datagram, error: number) => void this.lines.push(`sent to ${datagram.address}: ${error}`),
    drained: () => void this.lines.push("drained"),
    receiveError: (errno: number, syscall: string) => void this.lines.push(`${syscall}: ${errno}`),
    closed: () => void this.lines.push("closed"),
  } as unknown as Host;
}

function open(): { handle: Handle; six: Part; four: Part; told: string[] } {
  const told = new Told();
  const parts: Part[] = [];
  const handle = openDualStack(OPTIONS, told.host, (options, host) => {
    parts.push(new Part(options, host));
    return parts.at(-1)!.handle;
  }) as Handle;
  const [six, four] = parts;
  return { handle, six, four, told: told.lines };
}

const datagram = (address: string | null): Datagram =>
  ({ data: Buffer.from("x"), address, port: 53 }) as unknown as Datagram;

test("both have one port, and IPv4's addresses are mapped ones outside", { skip }, async () => {
  const { handle, six, four, told } = open();
  assertEquals(
    [six, four].map(({ options: { family, address, port, ipv6Only } }) => ({ family, address, port, ipv6Only })),
    [
      { family: 6, address: "::", port: 0, ipv6Only: true },
      { family: 4, address: "0.0.0.0", port: 7000, ipv6Only: false },
    ],
  );
  six.hear("one", "::1");
  four.hear("two", "127.0.0.1");
  await turn();
  assertEquals(told.splice(0), ["one of IPv6 ::1", "two of IPv6 ::ffff:127.0.0.1"]);
  assertEquals(handle.address(), { address: "::", port: 7000, family: "IPv6" });
  four.host.drained();
  six.host.receiveError(-111, "recvmsg");
  four.host.closed();
  assertEquals(told, ["drained", "recvmsg: -111", "closed"]);
  assertEquals(handle.queueSize, 10);
});

test("a datagram leaves by the socket of its family, and comes back as the core gave it", { skip }, () => {
  const { handle, six, four, told } = open();
  for (const address of ["::1", "::ffff:127.0.0.1", "::ffff:7f00:2"]) assertEquals(handle.send(datagram(address)), 1);
  assertEquals(handle.sendBatch([datagram("::2"), datagram("::3")], 1, 2), 1);
  assertEquals([six.take(), four.take()], [["send ::1 53", "send ::3 53"], ["send 127.0.0.1 53", "send 127.0.0.2 53"]]);
  four.queueCount = 1;
  assertEquals([handle.send(datagram("::1")), six.take()], [0, []]);
  assertEquals(told, ["sent to ::1: 0", "sent to ::ffff:127.0.0.1: 0", "sent to ::ffff:7f00:2: 0", "sent to ::3: 0"]);
});

test("a connected one hears only by the socket that is connected", { skip }, async () => {
  const { handle, six, four, told } = open();
  assertEquals(handle.disconnect(), 0);
  assertEquals(handle.connect("::ffff:127.0.0.1", 53), 0);
  six.hear("a stranger", "::1");
  four.hear("the peer", "127.0.0.1");
  await turn();
  assertEquals(told.splice(0), ["the peer of IPv6 ::ffff:127.0.0.1"]);
  assertEquals(handle.remoteAddress(), { address: "::ffff:0.0.0.0", port: 53, family: "IPv6" });
  assertEquals(handle.address(), { address: "::ffff:0.0.0.0", port: 7000, family: "IPv6" });
  handle.send(datagram(null));
  assertEquals(handle.disconnect(), 0);
  assertEquals([six.take(), four.take()], [[], ["connect 127.0.0.1 53", "send null 53", "disconnect"]]);
  assertEquals(told.splice(0), ["sent to null: 0"]);
  handle.connect("::1", 53);
  four.hear("a stranger", "127.0.0.1");
  six.hear("the peer", "::1");
  handle.send(datagram(null));
  await turn();
  assertEquals(told, ["the peer of IPv6 ::1", "sent to null: 0"]);
  assertEquals(handle.remoteAddress(), { address: "::", port: 53, family: "IPv6" });
  handle.disconnect();
  six.answer = -101;
  assertEquals(handle.connect("::9", 53), -101);
  assertEquals(handle.remoteAddress(), { address: "::", port: 53, family: "IPv6" });
});

test("an option is set for both, what is multicast for the family it is about", { skip }, () => {
  const { handle, six, four } = open();
  assertEquals(handle.set("ttl", 7), 0);
  handle.set("recvBufferSize", 9000);
  handle.setMulticastInterface("127.0.0.1");
  handle.setMulticastInterface("::%lo");
  for (const group of ["224.0.0.7", "ff02::7"]) {
    handle.join({ group } as never);
    handle.leave({ group } as never);
  }
  handle.ref();
  handle.unref();
  handle.cancel!();
  const both = ["ref", "unref", "cancel"];
  assertEquals(six.take(), [
    "set ttl 7",
    "set recvBufferSize 9000",
    "setMulticastInterface ::%lo",
    'join {"group":"ff02::7"}',
    'leave {"group":"ff02::7"}',
    ...both,
  ]);
  assertEquals(four.take(), [
    "set ttl 7",
    "setMulticastInterface 127.0.0.1",
    'join {"group":"224.0.0.7"}',
    'leave {"group":"224.0.0.7"}',
    ...both,
  ]);
  six.answer = -22;
  assertEquals(handle.set("ttl", 8), -22);
  assertEquals(four.take(), []);
  assertEquals(handle.get("recvBufferSize"), UNAVAILABLE);
});

test("of more than a few that wait for a listener the sockets are paused, until they are told", { skip }, async () => {
  const { handle, six, four, told } = open();
  for (let i = 0; i < 40; i++) (i % 2 ? four : six).hear(`${i}`, i % 2 ? "127.0.0.1" : "::1");
  assertEquals([told.length, six.take(), four.take()], [1, ["pause"], ["pause"]]);
  await turn();
  assertEquals(told.splice(0).map((line) => parseInt(line)), Array.from({ length: 40 }, (_, at) => at));
  assertEquals([six.take(), four.take()], [["resume"], ["resume"]]);

  for (let i = 0; i < 40; i++) six.hear(`${i}`, "::1");
  assertEquals(handle.pause!(), 0);
  await turn();
  assertEquals([told.splice(0).length, six.take(), four.take()], [40, ["pause", "pause"], ["pause", "pause"]]);
  handle.resume!();
  assertEquals([six.take(), four.take()], [["resume"], ["resume"]]);

  for (let i = 0; i < 40; i++) six.hear(`${i}`, "::1");
  handle.resume!();
  let closed = false;
  handle.close(() => closed = true);
  await turn();
  assertEquals([told.length, closed, six.take(), four.take()], [1, true, ["pause", "close"], ["pause", "close"]]);
});

test("another port is looked for where one is free for IPv6 alone, if none was asked for", { skip }, () => {
  const inUse = getErrno("EADDRINUSE");
  const refused = (port: number, errno: number): { result: unknown; opened: number; closed: number } => {
    let [opened, closed] = [0, 0];
    const result = openDualStack({ ...OPTIONS, port }, new Told().host, (options, host) => {
      if (options.family === 4) return errno;
      opened++;
      const { handle } = new Part(options, host);
      return { ...handle, close: () => void closed++ } as Handle;
    });
    return { result, opened, closed };
  };
  assertEquals(refused(0, inUse), { result: inUse, opened: 10, closed: 10 });
  assertEquals(refused(7, inUse), { result: inUse, opened: 1, closed: 1 });
  assertEquals(refused(0, -13), { result: -13, opened: 1, closed: 1 });
  assertEquals(openDualStack(OPTIONS, new Told().host, () => -99), -99);
});
