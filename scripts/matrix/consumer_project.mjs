// An empty project outside the repository that has installed the packed tarball, as a user would.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { mustRun, npm } from "./command.mjs";
import { inRoot, packageFile } from "./paths.mjs";

const json = (value) => JSON.stringify(value, null, 2);

/** Users' TypeScript, by the name of the file. */
const sources = ["types", "entries"];

function writeCompilerOptions(directory) {
  const files = (...extensions) => sources.flatMap((name) => extensions.map((extension) => `${name}.${extension}`));
  const write = (name, compilerOptions, files) =>
    writeFileSync(path.join(directory, name), json({ compilerOptions, files }));
  const common = { target: "es2022", strict: true, types: ["node"] };
  write("tsconfig.json", { ...common, module: "nodenext", outDir: "compiled" }, files("mts", "cts"));
  // The entries' programs dispose of what they open, which TypeScript can since 5.2.
  write("tsconfig.floor.json", { ...common, module: "nodenext", noEmit: true }, ["types.mts", "types.cts"]);
  const bundler = { ...common, module: "esnext", moduleResolution: "bundler", noEmit: true };
  write("tsconfig.bundler.json", bundler, files("mts"));
  // What TypeScript did before it knew of exports, and what many projects still ask for.
  const node10 = { ...common, module: "commonjs", moduleResolution: "node10", noEmit: true };
  write("tsconfig.node10.json", { ...node10, ignoreDeprecations: "6.0" }, files("ts"));
}

/** The directory of a project with nothing else in it; it goes when this process ends, in whichever way. */
export async function installPackage() {
  const directory = mkdtempSync(path.join(tmpdir(), "dgram-consumer-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  await mustRun(npm(["pack", "--ignore-scripts", "--pack-destination", directory]));
  const tarball = readdirSync(directory).find((name) => name.endsWith(".tgz"));
  writeFileSync(path.join(directory, "package.json"), json({ name: "consumer", private: true, type: "module" }));
  const install = ["install", "--offline", "--no-audit", "--no-fund", "--no-package-lock", `./${tarball}`];
  await mustRun(npm(install), { cwd: directory });
  return directory;
}

/** What a dependency may bring along: the package once more, under another name and with another version. */
function installOtherVersion(directory) {
  const of = (name) => path.join(directory, "node_modules", "@x", name);
  cpSync(of("dgram"), of("other-dgram"), { recursive: true });
  const file = path.join(of("other-dgram"), "package.json");
  const description = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, json({ ...description, name: "@x/other-dgram", version: "0.0.1" }));
}

/**
 * A project in that one whose koffi is of no use: the package looks for it from where it lies itself. `koffi` is its code,
 * or the folder of one.
 */
export function installKoffi(directory, name, koffi) {
  const project = path.join(directory, name);
  const modules = path.join(project, "node_modules");
  cpSync(path.join(directory, "node_modules", "@x", "dgram"), path.join(modules, "@x", "dgram"), { recursive: true });
  for (const file of ["koffi.mjs", "koffi.cjs"]) cpSync(inRoot("tests", "consumers", file), path.join(project, file));
  const place = path.join(modules, "koffi");
  if (path.isAbsolute(koffi)) return symlinkSync(koffi, place, "junction");
  mkdirSync(place);
  writeFileSync(path.join(place, "index.js"), koffi);
}

/** The same with the users' programs, and what they are checked with. */
export async function makeConsumerProject() {
  const directory = await installPackage();
  cpSync(inRoot("tests", "consumers"), directory, { recursive: true });

  for (const name of ["@types/node", "undici-types"]) {
    const link = path.join(directory, "node_modules", name);
    mkdirSync(path.dirname(link), { recursive: true });
    symlinkSync(packageFile(name), link, "junction");
  }
  for (const name of sources) {
    for (const extension of ["mts", "cts"]) {
      cpSync(inRoot(`tests/consumers/${name}.ts`), path.join(directory, `${name}.${extension}`));
    }
  }
  writeCompilerOptions(directory);
  installOtherVersion(directory);

  // A JSR consumer with no JSR: the link stands in for the registry.
  const jsr = path.join(directory, "jsr");
  mkdirSync(jsr);
  for (const name of sources) cpSync(inRoot(`tests/consumers/${name}.ts`), path.join(jsr, `${name}.ts`));
  writeFileSync(
    path.join(jsr, "deno.json"),
    json({ imports: { "@x/dgram": "jsr:@x/dgram@^0" }, links: [path.relative(jsr, inRoot("."))], lock: false }),
  );
  return directory;
}
