import { assertEquals } from "@std/assert";
import { isIP as netIsIP, isIPv4 as netIsIPv4, isIPv6 as netIsIPv6 } from "node:net";
import { test } from "node:test";
import { isIP, isIPv4, isIPv6 } from "../../src/core/ip.ts";

function same(text: string): void {
  assertEquals(
    [isIP(text), isIPv4(text), isIPv6(text)],
    [netIsIP(text), netIsIPv4(text), netIsIPv6(text)],
    JSON.stringify(text),
  );
}

test("IPv4 addresses are those of node:net", () => {
  const octets = [
    "",
    "0",
    "00",
    "1",
    "01",
    "9",
    "10",
    "99",
    "100",
    "199",
    "249",
    "255",
    "256",
    "260",
    "300",
    "1000",
    "a",
  ];
  for (const octet of octets) {
    for (let place = 0; place < 4; place++) {
      const parts = ["1", "2", "3", "4"];
      parts[place] = octet;
      same(parts.join("."));
    }
  }
  for (const text of ["1.2.3", "1.2.3.4.5", ".1.2.3.4", "1.2.3.4.", " 1.2.3.4", "1.2.3.4\n", "1.2.3.4%lo"]) same(text);
});

test("IPv6 addresses are those of node:net, wherever the colons are", () => {
  for (let groups = 1; groups <= 9; groups++) {
    for (const last of ["a", "1.2.3.4", "1.2.3.256", "12345", "g", ""]) {
      const parts = [...Array<string>(groups - 1).fill("12ab"), last];
      same(parts.join(":"));
      for (let place = 0; place <= groups; place++) {
        const shortened = `${parts.slice(0, place).join(":")}::${parts.slice(place).join(":")}`;
        for (const text of [shortened, `:${shortened}`, `${shortened}:`, `${shortened}::`]) same(text);
      }
    }
  }
});

test("IPv6 scopes are those of node:net", () => {
  for (const scope of ["", "1", "lo", "eth0.1", "a:b-c", "eth_0", "é", "ſ", "K", " ", "lo\n", "lo%lo", "a/b"]) {
    for (const address of ["::", "fe80::1", "FE80::ABCD", "::1.2.3.4", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1.2.3.4"]) {
      same(`${address}%${scope}`);
    }
  }
});
