/** Tests of which matrix.test.ts knows which fail: it asks the cell that it runs in. */
import { test } from "node:test";

let running = 0;

async function after(milliseconds: number): Promise<void> {
  running++;
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  running--;
}

test("passes at once", () => {});

test("fails at once", () => {
  throw new Error("on purpose");
});

test("passes after a timer", () => after(30));

test("fails after a timer", async () => {
  await after(30);
  throw new Error("on purpose");
});

test("fails in a timer", () =>
  new Promise<void>((_, reject) => {
    setTimeout(() => reject(new Error("on purpose")), 30);
  }));

test("would fail and is skipped", { skip: "on purpose" }, async () => {
  await after(30);
  throw new Error("on purpose");
});

test("begins when the one before has ended", () => {
  if (running > 0) throw new Error("another is running");
});
