import * as nodeModule from "node:module";
import { provideBuiltins } from "../../src/core/builtins.ts";
import { bunLibc } from "../../src/runtimes/bun/libc.ts";
import { denoLibc } from "../../src/runtimes/deno/libc.ts";
import type { Absent } from "../../src/runtimes/libc/calls.ts";
import type { Libc } from "../../src/runtimes/libc/libc.ts";
import { nodeLibc } from "../../src/runtimes/node/libc.ts";
import { runtime } from "./child.ts";

// Where no entry is imported before: koffi is looked for by it.
provideBuiltins({ module: nodeModule as never });

/** The C library as the runtime that runs the test gives it, or why it can't be had. */
export const ownLibc: () => Libc | Absent = { bun: bunLibc, deno: denoLibc, node: nodeLibc }[runtime];
