// What runtimes do and this module works around, so that the workaround can be deleted once it is mended.
import { bunQuirks } from "./bun.mjs";
import { denoQuirks } from "./deno.mjs";
import { nodeQuirks } from "./node.mjs";

/*
 * A quirk is { name, does, seen, upstream?, where } and one of
 * - isThere: asks the runtime itself, and answers whether it is as described;
 * - mended: the version that has mended it; the workaround goes when the floor, in package.json's engines, is there;
 * - untold: why no test can ask.
 */
export const quirks = [
  ...nodeQuirks.map((quirk) => ({ runtime: "node", ...quirk })),
  ...denoQuirks.map((quirk) => ({ runtime: "deno", ...quirk })),
  ...bunQuirks.map((quirk) => ({ runtime: "bun", ...quirk })),
];
