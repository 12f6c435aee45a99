/** What differs between systems and not between runtimes: numbers, scopes and addresses, as each system has them. */
import { assertEquals } from "@std/assert";
import * as os from "node:os";
import process from "node:process";
import { test } from "node:test";
import * as util from "node:util";
import { provideBuiltins } from "../../src/core/builtins.ts";
import { getErrno } from "../../src/core/errors.ts";
import { errnoOf, isOfIcmp, UNKNOWN } from "../../src/runtimes/common/errno.ts";
import { byScope, interfaceIndex, type Interfaces } from "../../src/runtimes/common/interface_index.ts";
import { sendable } from "../../src/runtimes/common/sendable.ts";
import { builtinWithSystemErrors } from "../../src/runtimes/common/system_errors.ts";

/** Of Windows, where the C library has numbers of its own beside Winsock's. */
const WINSOCK = { ECONNRESET: 108, EIO: 5, WSAEACCES: 10013, WSAECONNRESET: 10054, WSAEHOSTUNREACH: 10065 };

provideBuiltins({
  util: "getSystemErrorMap" in util ? util : builtinWithSystemErrors("node:util") as typeof util,
  os: { ...os, constants: { ...os.constants, errno: WINSOCK } } as unknown as typeof os,
});

function on<Result>(platform: string, use: () => Result): Result {
  const own = Object.getOwnPropertyDescriptor(process, "platform")!;
  Object.defineProperty(process, "platform", { value: platform, configurable: true });
  try {
    return use();
  } finally {
    Object.defineProperty(process, "platform", own);
  }
}

const saying = (number: number): number => errnoOf(new Error(`it failed (os error ${number})`));

test("a number of Windows' is Winsock's, and never one of its C library", () => {
  on("win32", () => {
    assertEquals(saying(10013), getErrno("EACCES"));
    assertEquals(saying(10065), getErrno("EHOSTUNREACH"));
    assertEquals([saying(5), saying(108), saying(10052)], [UNKNOWN, UNKNOWN, UNKNOWN]);
  });
  for (const platform of ["linux", "darwin"]) on(platform, () => assertEquals(saying(48), -48));
});

test("what a receive says after an ICMP message is told apart on Windows alone, but for a reset", () => {
  for (const platform of ["linux", "darwin", "win32"]) {
    on(platform, () => {
      assertEquals(isOfIcmp(getErrno("ECONNRESET")), true);
      assertEquals(isOfIcmp(UNKNOWN), platform === "win32");
      assertEquals(isOfIcmp(getErrno("ECONNREFUSED")), false);
    });
  }
});

test("what goes to any address goes to loopback on Windows, whose kernel refuses it, and is left alone elsewhere", () => {
  const addresses = ["0.0.0.0", "::", "127.0.0.1", "::1", "0.0.0.1"];
  on("win32", () => assertEquals(addresses.map(sendable), ["127.0.0.1", "::1", "127.0.0.1", "::1", "0.0.0.1"]));
  for (const platform of ["linux", "darwin"]) on(platform, () => assertEquals(addresses.map(sendable), addresses));
});

const linkLocal = {
  address: "fe80::1",
  family: "IPv6",
  scopeid: 12,
  internal: false,
  netmask: "",
  mac: "",
  cidr: null,
};
const INTERFACES = {
  "Ethernet 2": [{ ...linkLocal, address: "2001:db8::1", scopeid: 0 }, linkLocal],
  Loopback: [{ ...linkLocal, address: "127.0.0.1", family: "IPv4", internal: true }],
} as Interfaces;

test("a scope is an interface's number on Windows, and its name elsewhere", () => {
  on("win32", () => {
    assertEquals(Object.keys(byScope(INTERFACES)), ["12"]);
    assertEquals(["12", "Ethernet 2", "0"].map((scope) => interfaceIndex(scope, INTERFACES)), [12, 0, 0]);
  });
  for (const platform of ["linux", "darwin"]) {
    on(platform, () => {
      assertEquals(byScope(INTERFACES), INTERFACES);
      assertEquals(["12", "Ethernet 2"].map((scope) => interfaceIndex(scope, INTERFACES)), [0, 12]);
    });
  }
});
