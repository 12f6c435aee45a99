/** Addresses as text: read, written and told apart as the C library and the kernel do it, which Python asks. */
import { assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { networkInterfaces } from "node:os";
import process from "node:process";
import { test } from "node:test";
import { formatIPv6, readIPv4, readIPv6 } from "../../src/core/address_text.ts";
import { canonicalPeer, isMulticast } from "../../src/core/numeric_address.ts";
import { python, pythonSkip } from "../support/python.ts";

const skip = pythonSkip || (process.platform === "linux" ? false : "other C libraries write some addresses otherwise");
const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));

/** What an expression of Python's gives for each text; null where it throws. */
function ask(expression: string, texts: readonly string[]): unknown[] {
  const script = `
import json, socket, sys
def peer(text):
    with socket.socket(socket.AF_INET6 if ":" in text else socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect((text, 9))
        return s.getpeername()[0]
def ask(text):
    try:
        return ${expression}
    except (OSError, ValueError):
        return None
json.dump([ask(text) for text in json.load(sys.stdin)], sys.stdout)`;
  const { stdout, stderr } = spawnSync(python, ["-c", script], { input: JSON.stringify(texts), encoding: "utf8" });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

/** The bytes as hexadecimal digits, if they are an address; what stands before them is to stay. */
function read(reader: (text: string, into: Uint8Array, at: number) => boolean, length: number, text: string) {
  const into = new Uint8Array(length + 2).fill(0xee);
  if (!reader(text, into, 1)) return null;
  assertEquals([into[0], into[length + 1]], [0xee, 0xee], text);
  return hex(into.subarray(1, length + 1));
}

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Each of the parts in each place. */
function inEachPlace(parts: readonly string[], others: readonly string[], separator: string): string[] {
  return others.flatMap((other) =>
    parts.map((_, place) => parts.map((part, at) => at === place ? other : part).join(separator))
  );
}

test("IPv4 addresses are read as inet_pton does it", { skip }, () => {
  const octets = [
    "",
    "0",
    "00",
    "07",
    "9",
    "10",
    "99",
    "100",
    "255",
    "256",
    "999",
    "1000",
    "a",
    "/",
    ":",
    "-1",
    " 1",
    "1 ",
  ];
  const texts = [
    ...inEachPlace(["1", "20", "3", "40"], octets, "."),
    ...["", ".", "1", "1.2.3", "1.2.3.4.5", "1.2.3.4.", ".1.2.3.4", "1..2.3", "0.0.0.0", "255.255.255.255"],
  ];
  const expected = ask("socket.inet_pton(socket.AF_INET, text).hex()", texts);
  assertEquals(texts.map((text) => [text, read(readIPv4, 4, text)]), texts.map((text, at) => [text, expected[at]]));
});

test("IPv6 addresses are read as inet_pton does it", { skip }, () => {
  const groups = ["1", "20", "300", "abcd", "5", "F6", "7a", "8"];
  const odd = ["", "0", "00000", "12345", "g", "G", "@", "`", "/", "9", "fF", "1.2.3.4", "1.2.3.256", "1.2.3"];
  const lists = Array.from({ length: 10 }, (_, count) => [...groups, "9", "a"].slice(0, count));
  const shortened = [...lists, ...lists.map((list) => [...list.slice(0, -1), "1.2.3.4"])].flatMap((list) =>
    Array.from({ length: list.length + 1 }, (_, at) => `${list.slice(0, at).join(":")}::${list.slice(at).join(":")}`)
  );
  const whole = [...inEachPlace(groups, odd, ":"), ...inEachPlace(groups.slice(2), odd, ":")];
  const texts = [...whole, ...shortened].flatMap((text) => [text, `:${text}`, `${text}:`, `${text}::`, `${text}::1`]);
  const expected = ask("socket.inet_pton(socket.AF_INET6, text).hex()", texts);
  assertEquals(texts.map((text) => [text, read(readIPv6, 16, text)]), texts.map((text, at) => [text, expected[at]]));
});

test("IPv6 addresses are written as inet_ntop does it", { skip }, () => {
  const patterns = Array.from(
    { length: 256 },
    (_, bits) =>
      Array.from({ length: 8 }, (_, at) => bits >> at & 1 ? "0" : ["1", "a0", "b00", "ffff"][at % 4]).join(":"),
  );
  const texts = [
    ...patterns,
    ...["::ffff:1.2.3.4", "::1.2.3.4", "::fffe:1.2.3.4", "::feff:1.2.3.4", "::ffff:0:1.2.3.4", "1::ffff:1.2.3.4"],
    ...["::ffff:0:0", "::0.1.0.0", "::1:0", "::100", "::1:0:0", "0:0:0:0:1:ffff:102:304", "0:0:0:1::102:304"],
  ];
  const expected = ask("socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, text))", texts);
  const written = texts.map((text) => {
    const bytes = new Uint8Array(17).fill(0xee);
    readIPv6(text, bytes, 1);
    return formatIPv6(bytes, 1);
  });
  assertEquals(written.map((text, at) => [texts[at], text]), texts.map((text, at) => [text, expected[at]]));
});

test("a peer's address is the kernel's", { skip: skip || (hasIPv6 ? false : "there is no ::1 here") }, () => {
  const texts = [
    ...["0.0.0.0", "127.0.0.1", "127.0.0.2", "::", "::1", "0:0:0:0:0:0:0:0", "0:0::0:1", "::0.0.0.1", "::0.0.0.0"],
    ...["::ffff:0.0.0.0", "::FFFF:0:0", "::ffff:127.0.0.1", "::ffff:7f00:2"],
  ];
  const expected = ask("peer(text)", texts);
  assertEquals(texts.map((text) => [text, canonicalPeer(text)]), texts.map((text, at) => [text, expected[at]]));
});

test("a peer whose address has a part of zeros alone is not the one of loopback", () => {
  for (
    const text of [
      "::ff:0:0",
      "::ff00:0:0",
      "1::ffff:0:0",
      "::1:ffff:0:0",
      "ff00::",
      "::ffff:1.0.0.0",
      "::ffff:0.0.0.1",
    ]
  ) {
    const bytes = new Uint8Array(16);
    readIPv6(text, bytes, 0);
    assertEquals([text, canonicalPeer(text)], [text, formatIPv6(bytes, 0)]);
  }
});

test("a link-local peer has the scope that it was given, or that of the socket's own address, and another none", () => {
  const peers: readonly (readonly [peer: string, local: string | undefined, expected: string])[] = [
    ["fe80:0::1", undefined, "fe80::1"],
    ["fe80:0::1%lo", undefined, "fe80::1%lo"],
    ["fe80:0::1", "fe80::2%eth0", "fe80::1%eth0"],
    ["fe80:0::1%lo", "fe80::2%eth0", "fe80::1%lo"],
    ["febf::1%lo", undefined, "febf::1%lo"],
    ["fec0::1%lo", undefined, "fec0::1"],
    ["ff80::1%lo", undefined, "ff80::1"],
    ["2001:db8::1", "fe80::2%eth0", "2001:db8::1"],
    ["a name", "fe80::2%eth0", "a name"],
  ];
  for (const [peer, local, expected] of peers) assertEquals([peer, canonicalPeer(peer, local)], [peer, expected]);
});

test("a group is an address from 224.0.0.0 to 239.255.255.255, or one of ff00::/8", () => {
  const groups = [
    "224.0.0.0",
    "225.1.2.3",
    "229.0.0.1",
    "230.0.0.1",
    "239.255.255.255",
    "ff02::1",
    "FF05::2",
    "ffff::",
  ];
  const others = [
    "223.255.255.255",
    "240.0.0.0",
    "22.4.0.1",
    "24.0.0.1",
    "127.0.0.1",
    "1.224.0.1",
    "fe80::ff",
    "::ff02:1",
  ];
  assertEquals([...groups, ...others].filter(isMulticast), groups);
});
