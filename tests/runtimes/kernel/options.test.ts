/** What the kernel can do and node:dgram has no method for: traffic class, fragments, path MTU, devices. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { capabilities, createSocket, type Socket } from "@x/dgram/ffi";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { selfCommand } from "../../support/child.ts";
import { startProcess } from "../../support/json_process.ts";
import { peersSkip, startPeer } from "../../support/python.ts";
import { within } from "../../support/within.ts";

const LOOPBACK = { 4: "127.0.0.1", 6: "::1" } as const;
const FEATURES = ["trafficClass", "dontFragment", "pathMTU", "bindToDevice"] as const;
const { features, notes } = capabilities;

function without(feature: (typeof FEATURES)[number]): string | false {
  return features[feature] === "unavailable" && (notes[feature] ?? `${feature} is unavailable`);
}

const lacking = without("trafficClass");
const there = lacking === false && "the options are there";

/** Each method with an argument that is in order. */
const CALLS: Record<(typeof FEATURES)[number], [name: string, call: (socket: Socket) => unknown]> = {
  trafficClass: ["setTOS", (socket) => socket.setTOS(8)],
  dontFragment: ["setDontFragment", (socket) => socket.setDontFragment(true)],
  pathMTU: ["getPathMTU", (socket) => socket.getPathMTU()],
  bindToDevice: ["bindToDevice", (socket) => socket.bindToDevice("lo")],
};

function codeOf(call: () => unknown): string {
  const { name, code, message } = assertThrows(call, Error) as Error & { code: string };
  return `${name} ${code} ${message}`;
}

function withSocket(family: 4 | 6, use: (socket: Socket) => void): void {
  const socket = createSocket(`udp${family}`);
  try {
    socket.bindSync({ address: LOOPBACK[family] });
    use(socket);
  } finally {
    socket.close();
  }
}

for (const family of [4, 6] as const) {
  test(`a peer sees the traffic class that setTOS() set, and 0 before, on udp${family}`, {
    skip: lacking || peersSkip,
  }, async () => {
    const peer = startPeer("traffic", [String(family)]);
    const { port } = await within(peer.next<{ port: number }>(), "the peer's port");
    const socket = createSocket(`udp${family}`);
    socket.bindSync();
    socket.send("before", port, LOOPBACK[family]);
    assertEquals((await within(peer.next<{ tos: number }>(), "a datagram")).tos, 0);
    for (const tos of [46 << 2, 1, 255, 0]) {
      assertEquals(socket.setTOS(tos), tos);
      socket.send("after", port, LOOPBACK[family]);
      assertEquals((await within(peer.next<{ tos: number }>(), "a datagram")).tos, tos);
    }
    socket.close();
    peer.end();
    await peer.result;
  });
}

test("a udp6 socket's traffic class is also that of the IPv4 datagrams it sends", {
  skip: lacking || peersSkip ||
    process.platform !== "linux" && "other kernels have no options of IPv4 for sockets of IPv6",
}, async () => {
  const peer = startPeer("traffic", ["4"]);
  const { port } = await within(peer.next<{ port: number }>(), "the peer's port");
  const socket = createSocket("udp6");
  socket.bindSync();
  socket.setTOS(46 << 2);
  socket.send("mapped", port, "::ffff:127.0.0.1");
  assertEquals((await within(peer.next<{ tos: number }>(), "a datagram")).tos, 46 << 2);
  socket.close();
  peer.end();
  await peer.result;
});

test("setTOS() takes a whole number from 0 to 255", { skip: lacking }, () => {
  withSocket(4, (socket) => {
    for (const tos of [-1, 256, 1.5, NaN, Infinity]) {
      assertEquals(codeOf(() => socket.setTOS(tos)), "Error EINVAL setTOS EINVAL");
    }
    for (const tos of ["8", undefined, null, true]) {
      assert(codeOf(() => socket.setTOS(tos as never)).startsWith('TypeError ERR_INVALID_ARG_TYPE The "tos" argument'));
    }
  });
});

test("an unbound socket's options are EBADF, and a closed one's are not running, on every runtime", () => {
  const socket = createSocket("udp4");
  for (const feature of FEATURES) {
    const [name, call] = CALLS[feature];
    const expected = feature === "pathMTU"
      ? "Error ERR_SOCKET_DGRAM_NOT_CONNECTED Not connected"
      : `Error EBADF ${name} EBADF`;
    assertEquals(codeOf(() => call(socket)), expected);
  }
  socket.close();
  for (const feature of FEATURES) {
    const [, call] = CALLS[feature];
    assertEquals(codeOf(() => call(socket)), "Error ERR_SOCKET_DGRAM_NOT_RUNNING Not running");
  }
});

test("where an option is unavailable its method says what would bring it", { skip: there }, () => {
  withSocket(4, (socket) => {
    socket.connectSync(9, LOOPBACK[4]);
    for (const feature of FEATURES) {
      const expected = "TypeError ERR_FEATURE_UNAVAILABLE_ON_PLATFORM " +
        `The feature ${feature} is unavailable on ${capabilities.runtime}: ${notes[feature]}`;
      assertEquals(codeOf(() => CALLS[feature][1](socket)), expected);
      assert(/ffi/.test(notes[feature]!), notes[feature]);
    }
  });
});

test("bindToDevice() refuses a device that is not there, and names that are none", {
  skip: without("bindToDevice"),
}, () => {
  withSocket(4, (socket) => {
    // The last begins like a device's name after the kernel's cut.
    for (const device of ["no-such-dev", "lo0123456789abcdef"]) {
      assertEquals(codeOf(() => socket.bindToDevice(device)), "Error ENODEV bindToDevice ENODEV");
    }
    assertEquals(codeOf(() => socket.bindToDevice("lo\0x")), "Error EINVAL bindToDevice EINVAL");
    assert(codeOf(() => socket.bindToDevice(1 as never)).startsWith("TypeError ERR_INVALID_ARG_TYPE"));
  });
});

test("getPathMTU() is the interface's on a connected socket, and needs a connection", {
  skip: without("pathMTU"),
}, () => {
  for (const family of [4, 6] as const) {
    withSocket(family, (socket) => {
      assertEquals(codeOf(() => socket.getPathMTU()), "Error ERR_SOCKET_DGRAM_NOT_CONNECTED Not connected");
      socket.connectSync(9, LOOPBACK[family]);
      assert([65_535, 65_536].includes(socket.getPathMTU()), String(socket.getPathMTU()));
    });
  }
});

test("getPathMTU() is known after an option that has the kernel forget the way", {
  skip: without("pathMTU") || without("trafficClass"),
}, () => {
  for (const family of [4, 6] as const) {
    withSocket(family, (socket) => {
      socket.connectSync(9, LOOPBACK[family]);
      const mtu = socket.getPathMTU();
      const ends = [socket.address(), socket.remoteAddress()];
      socket.setTOS(46 << 2);
      assertEquals(socket.getPathMTU(), mtu);
      assertEquals([socket.address(), socket.remoteAddress()], ends);
    });
  }
});

/** Makes the namespace, and becomes the command. */
const NAMESPACE = ["-rn", "sh", "-c"];
const SET_UP = "ip link set lo mtu 1500 up && ip link add d0 type veth peer name d1 && ip link set d0 up";

function namespaceSkip(): string | false {
  const missing = FEATURES.map(without).find(Boolean);
  if (missing) return missing;
  const { status, stderr } = spawnSync("unshare", [...NAMESPACE, SET_UP], { encoding: "utf8" });
  return status === 0 ? false : `no network namespace can be made: ${stderr || "no unshare"}`;
}

test("a small MTU shows in getPathMTU(), and in what must not be fragmented; a device keeps others away", {
  skip: namespaceSkip(),
}, async () => {
  const [command, args] = selfCommand("runtimes/kernel/options");
  const child = startProcess("unshare", [...NAMESPACE, `${SET_UP} && exec "$@"`, "sh", command, ...args]);
  child.end();
  const { code, stdout, stderr } = await child.result;
  assertEquals(code, 0, stderr);
  assertEquals(JSON.parse(stdout), {
    fragments: { atFirst: "sent", forbidden: "EMSGSIZE", fitting: "sent", allowed: "sent" },
    pathMTU: 1500,
    heard: 2,
  });
});
