/** Tokens: what shows that a source receives at its address. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { createTokens } from "@x/dgram/guard";
import { test } from "node:test";
import fc from "fast-check";
import { check } from "../core/properties/check.ts";

const SECRET = "what no other process knows";
const SOURCE = { address: "192.0.2.1", port: 5000 };

test("a token is good for its source alone, from any process with the secret", () => {
  const [one, other] = [createTokens({ secret: SECRET }), createTokens({ secret: SECRET })];
  const token = one.make(SOURCE);
  assertEquals(token.length, 22);
  assertEquals(other.check(token, SOURCE), true);
  assertEquals(other.check(token, { ...SOURCE, address: "::ffff:192.0.2.1" }), true);
  for (const wrong of [{ ...SOURCE, port: 5001 }, { ...SOURCE, address: "192.0.2.2" }, { ...SOURCE, address: "::1" }]) {
    assertEquals(other.check(token, wrong), false);
  }
  assertEquals(createTokens().check(token, SOURCE), false);
  const ofLink = one.make({ address: "fe80::1%eth0", port: 1 });
  assertEquals(other.check(ofLink, { address: "fe80::1%eth0", port: 1 }), true);
  assertEquals(other.check(ofLink, { address: "fe80::1%eth1", port: 1 }), false);
});

test("a token without a port is good from every port, and is not one with the port 0", () => {
  const anyPort = createTokens({ secret: SECRET, port: false });
  assertEquals(anyPort.check(anyPort.make(SOURCE), { ...SOURCE, port: 9 }), true);
  assertEquals(createTokens({ secret: SECRET }).check(anyPort.make(SOURCE), SOURCE), false);
});

test("a token lives as long as it is said to, through changes of the key, and not before its time", () => {
  let time = 1_700_000_000_000;
  const tokens = createTokens({ secret: SECRET, lifetime: 1000, rotation: 70, now: () => time });
  const token = tokens.make(SOURCE);
  for (
    const [later, good] of [[0, true], [1000, true], [1001, false], [100_000, false], [-5000, true], [
      -5001,
      false,
    ]] as const
  ) {
    time = 1_700_000_000_000 + later;
    assertEquals([later, tokens.check(token, SOURCE)], [later, good]);
  }
});

test("a secret is replaced while its tokens are about", () => {
  const old = createTokens({ secret: SECRET });
  const both = createTokens({ secret: ["the one that comes after it", SECRET] });
  assertEquals(both.check(old.make(SOURCE), SOURCE), true);
  assertEquals(old.check(both.make(SOURCE), SOURCE), false);
});

test("what is no token is none, and what is no source is refused", () => {
  const tokens = createTokens();
  for (
    const wrong of [undefined, null, "token", 5, {}, [], new Uint8Array(0), new Uint8Array(21), new Uint8Array(23)]
  ) {
    assertEquals(tokens.check(wrong, SOURCE), false);
  }
  const detached = tokens.make(SOURCE);
  structuredClone(detached, { transfer: [detached.buffer] });
  assertEquals(tokens.check(detached, SOURCE), false);
  for (const source of [null, {}, { address: "localhost", port: 1 }, { address: "192.0.2.1", port: 65536 }]) {
    const error = assertThrows(() => tokens.make(source as never)) as Error & { code?: string };
    assert(error.code?.startsWith("ERR_"), String(error));
  }
});

test("a clock that tells no time is named", () => {
  const clocks = { ERR_INVALID_ARG_TYPE: [1n, "1", undefined], ERR_OUT_OF_RANGE: [NaN, -1, Infinity, 2 ** 48] };
  for (const [expected, times] of Object.entries(clocks)) {
    for (const time of times) {
      const tokens = createTokens({ secret: SECRET, now: () => time as number });
      for (const call of [() => tokens.make(SOURCE), () => tokens.check(new Uint8Array(22), SOURCE)]) {
        const { code, message } = assertThrows(call) as Error & { code?: string };
        assertEquals(code, expected);
        assert(message.includes("options.token.now()"), message);
      }
    }
  }
});

test("a token with any bit changed is none", async () => {
  const tokens = createTokens({ secret: SECRET });
  await check(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 22 * 8 - 1 }),
      fc.ipV6(),
      fc.integer({ min: 1, max: 65_535 }),
      (bit, address, port) => {
        const token = tokens.make({ address, port });
        assertEquals(tokens.check(token, { address, port }), true);
        token[bit >> 3] ^= 1 << (bit & 7);
        assertEquals(tokens.check(token, { address, port }), false);
        return Promise.resolve();
      },
    ),
    200,
  );
});
