/** What a backend does not have: over one that says so of a feature at a time. */
import { assertEquals } from "@std/assert";
import {
  type Backend,
  createSocket,
  type Feature,
  type Handle,
  type Socket,
  type SocketOptions,
  type UdpSocket,
} from "@x/dgram";
import { test } from "node:test";
import { ACCESS_DENIED, UNAVAILABLE } from "../../src/core/backend.ts";
import { errnoOf } from "../support/errno_of.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const GROUP = "239.255.77.20";
const ADDRESS = "127.0.0.1";

const calls: readonly (readonly [feature: Feature, call: (socket: UdpSocket) => unknown])[] = [
  ["broadcast", (socket) => socket.setBroadcast(true)],
  ["membership", (socket) => socket.addMembership(GROUP, ADDRESS)],
  ["membership", (socket) => socket.dropMembership(GROUP, ADDRESS)],
  ["sourceSpecificMembership", (socket) => socket.addSourceSpecificMembership(ADDRESS, GROUP, ADDRESS)],
  ["sourceSpecificMembership", (socket) => socket.dropSourceSpecificMembership(ADDRESS, GROUP, ADDRESS)],
  ["multicastInterface", (socket) => socket.setMulticastInterface(ADDRESS)],
  ["multicastLoopback", (socket) => socket.setMulticastLoopback(true)],
  ["multicastTTL", (socket) => socket.setMulticastTTL(1)],
  ["ttl", (socket) => socket.setTTL(1)],
  ["recvBufferSize", (socket) => socket.setRecvBufferSize(9000)],
  ["recvBufferSize", (socket) => socket.getRecvBufferSize()],
  ["sendBufferSize", (socket) => socket.setSendBufferSize(9000)],
  ["sendBufferSize", (socket) => socket.getSendBufferSize()],
  ["pause", (socket) => socket.pause()],
  ["bindToDevice", (socket) => socket.bindToDevice("lo")],
  ["dontFragment", (socket) => socket.setDontFragment(true)],
  ["trafficClass", (socket) => socket.setTOS(8)],
];

/** Of a method of the socket that `call` uses. */
const nameOf = (call: (socket: UdpSocket) => unknown): string => /\.(\w+)\(/.exec(String(call))![1];

/** The error's code and message. */
function failure(call: () => unknown): [code: string, message: string] | undefined {
  try {
    call();
  } catch (error) {
    return [(error as NodeJS.ErrnoException).code!, (error as Error).message];
  }
}

const lack = (feature: Feature, note?: string): ScriptedBackend => {
  // Some runtimes can't adopt a descriptor either.
  const backend = new ScriptedBackend({ fd: "native", [feature]: "unavailable" });
  const { capabilities } = backend;
  const notes = { ...capabilities.notes, [feature]: note };
  return Object.assign(backend, { capabilities: { ...capabilities, runtime: "a test", notes } });
};

for (const [feature, call] of calls) {
  test(`${nameOf(call)}() says that ${feature} is lacking, and why where that is known`, () => {
    for (const note of [undefined, "for no reason"]) {
      const socket = createSocket({ type: "udp4", backend: lack(feature, note) });
      socket.bindSync();
      const message = `The feature ${feature} is unavailable on a test${note === undefined ? "" : `: ${note}`}`;
      assertEquals(failure(() => call(socket)), ["ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", message]);
      socket.close();
    }
  });
}

/** No socket is opened: each time the answer is an errno. */
const opensWith = (backend: ScriptedBackend, errno: number): ScriptedBackend =>
  Object.assign(backend, { open: () => errno as never });

/** The error that a bind, or what it adopts, ends with. */
function bindFailure(
  options: Partial<SocketOptions>,
  backend: ScriptedBackend,
): [code: string, message: string] | undefined {
  return failure(() => createSocket({ type: "udp6", ...options, backend }).bindSync());
}

test("a bind that asks for what is lacking fails, and says for what and why", () => {
  for (const feature of ["reusePort", "ipv6Only"] as const) {
    assertEquals(bindFailure({ [feature]: true }, lack(feature, "for no reason")), [
      "ENOTSUP",
      `bind ENOTSUP :: (${feature}: for no reason)`,
    ]);
    assertEquals(bindFailure({ [feature]: true }, lack(feature)), [
      "ENOTSUP",
      `bind ENOTSUP :: (${feature}: unavailable)`,
    ]);
    assertEquals(bindFailure({ [feature]: false }, lack(feature)), undefined);
  }
  assertEquals(bindFailure({ receiveInfo: true }, lack("receiveInfo")), [
    "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM",
    "The feature receiveInfo is unavailable on a test",
  ]);
});

test("a bind that can't be done, whatever was asked for, names what is lacking, or what may be", () => {
  const refusing = (backend: ScriptedBackend): ScriptedBackend => opensWith(backend, UNAVAILABLE);
  const plain = new ScriptedBackend();
  Object.assign(plain, { capabilities: { ...plain.capabilities, notes: {} } });
  assertEquals(bindFailure({}, refusing(plain)), ["ENOTSUP", "bind ENOTSUP :: (ipv6Only: unavailable)"]);
  const both = { receiveInfo: true, reusePort: true };
  assertEquals(bindFailure(both, refusing(lack("reusePort"))), [
    "ENOTSUP",
    "bind ENOTSUP :: (reusePort: unavailable)",
  ]);
  assertEquals(
    bindFailure({ receiveInfo: true }, refusing(new ScriptedBackend()))?.[0],
    "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM",
  );
});

test("after a bind that the kernel refuses options are asked of another socket, and fail if there is none", () => {
  const backend = opensWith(new ScriptedBackend({ ttl: "native" }), errnoOf("EADDRINUSE"));
  const socket = createSocket({ type: "udp4", backend });
  assertEquals(failure(() => socket.bindSync())?.[0], "EADDRINUSE");
  assertEquals(socket.address(), { address: "0.0.0.0", family: "IPv4", port: 0 });
  opensWith(backend, errnoOf("EMFILE"));
  assertEquals(failure(() => socket.setTTL(5)), ["EMFILE", "setTTL EMFILE"]);
  assertEquals(failure(() => socket.getRecvBufferSize())?.[0], "ERR_SOCKET_BUFFER_SIZE");
  socket.close();
});

test("an option that was set after a failed bind and can no longer be fails the next bind, and is asked for again", () => {
  const backend = new ScriptedBackend({ ttl: "native", multicastInterface: "native" });
  const { open } = backend;
  opensWith(backend, errnoOf("EADDRINUSE"));
  const socket = createSocket({ type: "udp4", backend });
  assertEquals(failure(() => socket.bindSync())?.[0], "EADDRINUSE");
  const asked: string[] = [];
  const haveInterface = (answer: number): void => {
    backend.open = (options, host) => {
      const set = (option: string, value: number): number => {
        asked.push(`${option} ${value}`);
        return 0;
      };
      const setMulticastInterface = (address: string): number => {
        asked.push(address);
        return answer;
      };
      return Object.assign(open.call(backend, options, host) as Handle, { set, setMulticastInterface });
    };
  };
  haveInterface(0);
  socket.setTTL(5);
  socket.setMulticastInterface(ADDRESS);
  asked.length = 0;
  haveInterface(errnoOf("EADDRNOTAVAIL"));
  assertEquals(failure(() => socket.bindSync()), ["EADDRNOTAVAIL", "setsockopt EADDRNOTAVAIL"]);
  assertEquals([backend.opened, backend.closed], [3, 3]);
  haveInterface(0);
  socket.bindSync();
  assertEquals(asked, ["ttl 5", ADDRESS, "ttl 5", ADDRESS]);
  socket.close();
});

test("after a bind that a permission or the arguments forbid there is no socket whose options could be set", () => {
  for (const errno of [ACCESS_DENIED, UNAVAILABLE, errnoOf("EINVAL")]) {
    const socket = createSocket({ type: "udp4", backend: opensWith(new ScriptedBackend(), errno) });
    assertEquals(failure(() => socket.bindSync()) === undefined, false);
    assertEquals(failure(() => socket.address()), ["EBADF", "getsockname EBADF"]);
    assertEquals(failure(() => socket.setTTL(5)), ["EBADF", "setTTL EBADF"]);
    socket.close();
  }
});

test("unref() and ref() before the bind are what the runtime is told when the socket is bound", () => {
  for (const [calls, expected] of [[["unref"], false], [["unref", "ref"], true], [[], true]] as const) {
    const backend = new ScriptedBackend();
    const socket = createSocket({ type: "udp4", backend });
    for (const call of calls) assertEquals(socket[call](), socket);
    socket.bindSync();
    assertEquals(backend.referenced, expected);
    socket.unref();
    assertEquals(backend.referenced, false);
    socket.ref();
    assertEquals(backend.referenced, true);
    socket.close();
  }
});

test("what can't open a socket is no backend, and the error names the option", () => {
  const message = 'The "options.backend.open" property must be of type function. Received undefined';
  assertEquals(failure(() => createSocket({ type: "udp4", backend: {} as Backend })), [
    "ERR_INVALID_ARG_TYPE",
    message,
  ]);
});

test("a descriptor is adopted only where that can be done", () => {
  const socket: Socket = createSocket({ type: "udp4", backend: lack("fd") });
  assertEquals(failure(() => socket.bind({ fd: 5 }))?.[0], "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM");
  const noInfo = createSocket({ type: "udp4", receiveInfo: true, backend: lack("receiveInfo", "for no reason") });
  assertEquals(failure(() => noInfo.bind({ fd: 5 })), [
    "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM",
    "The feature receiveInfo is unavailable on a test: for no reason",
  ]);
  // It is unbound again.
  socket.bind(0, () => socket.close());
});

test("the size of a buffer that can't be had fails the bind, whose socket is closed below", () => {
  for (const option of ["recvBufferSize", "sendBufferSize"] as const) {
    const backend = lack(option);
    assertEquals(bindFailure({ [option]: 9000 }, backend)?.[0], "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM");
    assertEquals([backend.opened, backend.closed], [1, 1]);
  }
});
