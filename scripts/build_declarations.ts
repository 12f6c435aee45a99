/**
 * The package's types: for each entry one file as ES module and one as CommonJS. All that the entries share stands in
 * that of the main entry, under the names that it exports: they are what users read in messages, and what TypeScript
 * writes into their own declarations.
 */
import path from "node:path";
import { type Plugin, type RenderedChunk, rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

/**
 * @param entries the sources, by the names of their outputs; the main one is `mod`
 * @param directory where they go
 */
export async function buildDeclarations(entries: Record<string, string>, directory: string): Promise<void> {
  const bundle = await rollup({
    input: entries,
    external: /^node:/,
    // The main entry's file also holds what only others export.
    preserveEntrySignatures: "allow-extension",
    plugins: [dts(), { name: "public names", renderChunk: withPublicNames } satisfies Plugin],
    onwarn: ({ code, message }) => {
      // An entry that is imported for what it does exports nothing.
      if (code !== "EMPTY_BUNDLE") throw new Error(message);
    },
  });
  const shared = [path.resolve("src", "core"), path.resolve("src", "dgram.ts"), path.resolve(entries.mod)];
  for (const extension of ["d.ts", "d.cts"]) {
    await bundle.write({
      dir: directory,
      entryFileNames: `[name].${extension}`,
      chunkFileNames: `[name].${extension}`,
      manualChunks: (id) => shared.some((start) => id.startsWith(start)) ? "mod" : undefined,
      minifyInternalExports: false,
    });
  }
  await bundle.close();
}

/**
 * rollup-plugin-dts 6.5.1 writes `type A = A` for a namespace's `type A = types.A`; and it tells what has one name in two
 * files apart by a number. In one file the interface Socket and the class's constant are one name with two meanings, as
 * they are for users.
 */
function withPublicNames(code: string, { name, fileName }: RenderedChunk): string {
  const main = `./mod.${fileName.endsWith(".cts") ? "cjs" : "js"}`;
  const once = name === "mod"
    ? code.replace(/^\/\*\*[^/]*\*\/\ntype Socket = Socket\$1;\n/m, "").replaceAll("Socket$1", "Socket")
    : code;
  const resolved = once.replace(/^( +)type (\w+) = \2;$/gm, "$1type $2 = types.$2;");
  return resolved === once ? once : `import type * as types from "${main}";\n${resolved}`;
}
