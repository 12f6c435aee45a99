// What the tests take of node:test, over bun:test. Bun 1.2.23's own node:test waits for no test past its microtasks: what
// fails after a timer or a datagram is told as passed. 1.2.22 and 1.3.0 wait; no report of it was found. It also runs what
// is to be skipped (https://github.com/oven-sh/bun/issues/19412). bun:test does both right there.
import { afterAll, test as bunTest } from "bun:test";

export const after = afterAll;

/** Without node:test's context, and without options that are not known here, which would do nothing. */
export function test(name, ...rest) {
  const play = rest.pop();
  const { skip, ...unknown } = rest[0] ?? {};
  if (play.length > 0) throw new TypeError(`"${name}" takes a context, which bun:test has none of`);
  for (const option of Object.keys(unknown)) throw new TypeError(`"${name}" has the option ${option}, unknown here`);
  (skip ? bunTest.skip : bunTest)(name, play);
}
