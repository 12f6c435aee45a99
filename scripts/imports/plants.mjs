// A violation of each rule, to see it found.

/** Each is a file that breaks a rule, by what it imports. */
export const plants = [
  // Types alone make a circle.
  ["no circle", "src/web/planted.ts", `export type * from "./planted_too.ts";`],
  // And where eight files once made one.
  ["no circle", "src/runtimes/libc/planted_round.ts", `import type {} from "./planted_binding.ts";`],
  ["the core knows nothing but itself", "src/core/planted.ts", `import "../runtimes/select.ts";`],
  ["an adapter knows the contract, and no socket", "src/runtimes/planted.ts", `import "../core/bind.ts";`],
  ["an adapter knows the core, and no entry", "src/runtimes/planted_too.ts", `import "../dgram.ts";`],
  ["what stands on the sockets knows no adapter", "src/promises/planted.ts", `import "../runtimes/select.ts";`],
  ["what writes captures knows the core alone", "src/pcap/planted.ts", `import "../testing/names.ts";`],
  ["deno imports no wing above or beside it", "src/runtimes/deno/planted.ts", `import "../bun/planted_too.ts";`],
  ["bun imports no wing above or beside it", "src/runtimes/bun/planted.ts", `import "../deno/planted_too.ts";`],
  ["node imports no wing above or beside it", "src/runtimes/node/planted.ts", `import "../deno/planted_too.ts";`],
  ["kernel imports no wing above or beside it", "src/runtimes/kernel/planted.ts", `import "../node/planted_too.ts";`],
  ["libc imports no wing above or beside it", "src/runtimes/libc/planted.ts", `import "../kernel/planted_too.ts";`],
  ["common imports no wing above or beside it", "src/runtimes/common/planted.ts", `import "../libc/planted_too.ts";`],
  ["libc is assembled and tested above what it is made of", "src/runtimes/libc/planted_also.ts", `import "./load.ts";`],
  [
    "libc's calls know nothing that is built on them",
    "src/runtimes/libc/planted_binding.ts",
    `import type {} from "./planted_round.ts";`,
  ],
  ["each file is of use to an entry", "src/cli/planted.ts", ""],
  ["there are no dependencies", "src/register/planted.ts", `import "esbuild";`],
];

/** What they import beside what is there. */
export const imported = [
  ["src/web/planted_too.ts", `import type {} from "./planted.ts";`],
  ...["bun", "deno", "node", "kernel", "libc"].map((wing) => [`src/runtimes/${wing}/planted_too.ts`, "export {};"]),
];
