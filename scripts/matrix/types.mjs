// The packed package's types on the compilers and with the types of Node that users have.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { runCommand } from "./command.mjs";
import { installPackage } from "./consumer_project.mjs";
import { installedPackages } from "./installed_packages.mjs";
import { inRoot, nodeProgram, packageFile } from "./paths.mjs";
import { denoPath } from "./runtimes.mjs";
import { playedSteps } from "./steps.mjs";
import { compilerOf, libraries, pairs, typesOf } from "./type_versions.mjs";

const timeout = 300_000;

/** Programs that have to compile, by where they stand. */
const programs = [
  "types/node_dgram",
  "types/drop_in",
  "consumers/declarations",
  "consumers/entries",
  "consumers/types",
];

const nameOf = (program) => path.basename(program);
const json = (value) => JSON.stringify(value, null, 2);

const resolutions = {
  nodenext: { module: "nodenext" },
  node16: { module: "node16" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
  node10: { module: "commonjs", moduleResolution: "node", esModuleInterop: true },
};

/** A user's project of its own for each pair, since a file's extension says what it becomes. */
function writeProject(directory, { compiler, types, resolution }, typeRoot, withLibraries) {
  const project = path.join(directory, `${compiler}-${types}-${resolution}`);
  mkdirSync(project);
  const forNode = resolution.startsWith("node") && resolution !== "node10";
  const put = (program, extension) =>
    cpSync(inRoot("tests", `${program}.ts`), path.join(project, `${nameOf(program)}.${extension}`));
  for (const program of programs) for (const extension of forNode ? ["mts", "cts"] : ["ts"]) put(program, extension);
  if (resolution !== "bundler") put("consumers/common_js", forNode ? "cts" : "ts");
  if (withLibraries) put("consumers/libraries", forNode ? "cts" : "ts");
  const compilerOptions = {
    ...resolutions[resolution],
    ...(resolution === "node10" && compiler === "6" ? { ignoreDeprecations: "6.0" } : {}),
    ...(withLibraries ? { esModuleInterop: true } : {}),
    target: "es2022",
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: ".",
    outDir: "emitted",
    types: [types === "bun" ? "bun" : "node"],
    typeRoots: [typeRoot],
  };
  writeFileSync(path.join(project, "tsconfig.json"), json({ compilerOptions, exclude: ["emitted"] }));
  return project;
}

/** What is wrong with the declarations that a compiler made of a user's: they name the package's entries alone. */
function findForeignNames(project) {
  const directory = path.join(project, "emitted");
  const files = readdirSync(directory).filter((name) => /^declarations\.d\./.test(name));
  if (files.length === 0) return ["no declarations were emitted"];
  return files.flatMap((file) => {
    const text = readFileSync(path.join(directory, file), "utf8");
    const sources = [...text.matchAll(/(?:from|import\() ?"([^"]+)"/g)].map(([, source]) => source);
    const foreign = sources.filter((source) => !/^@x\/dgram(\/(deno|ffi|promises|testing|web))?$/.test(source));
    return [...foreign, ...text.match(/\w+\$\d+/g) ?? []].map((name) => `${file} names ${name}`);
  });
}

/** Of what `tests/consumers/messages.ts` gets wrong the compiler speaks in public names. */
async function checkMessages(directory, command) {
  const project = path.join(directory, "messages");
  mkdirSync(project);
  cpSync(inRoot("tests", "consumers", "messages.ts"), path.join(project, "messages.mts"));
  const options = [
    "--noEmit",
    "--strict",
    "--noErrorTruncation",
    "--skipLibCheck",
    "--target",
    "es2022",
    "--module",
    "nodenext",
  ];
  const roots = ["--types", "node", "--typeRoots", packageFile("@types")];
  const { output } = await runCommand([...command, ...options, ...roots, "messages.mts"], { cwd: project, timeout });
  const mistakes = readFileSync(path.join(project, "messages.mts"), "utf8").match(/^(export const|createSocket\()/gm);
  const told = output.match(/^messages\.mts\(\d+/gm) ?? [];
  const internal = output.match(/dist[\\/](?!(?:mod|promises|web)")[^"]*|\w+\$\d+|\bStatefulSocket\b/g) ?? [];
  if (told.length === mistakes.length && internal.length === 0) return undefined;
  return `${told.length} of ${mistakes.length} mistakes, ${internal.join(", ") || "no internal names"}\n${output}`;
}

/** What no user can look up: numbers of the project's own lists, its files, notes that its authors left for themselves. */
const internalNote =
  /\b(?:deviations?|rows?|issues?|scenarios?) #?\d|\b(?:docs|src|tests)\/\w|\b(?:TODO|FIXME|XXX)\b/gi;

/** Doc comments are what editors show of the declarations. */
function checkHoverTexts(directory) {
  const dist = path.join(directory, "node_modules", "@x", "dgram", "dist");
  const files = readdirSync(dist).filter((name) => name.endsWith(".d.ts"));
  const notes = files.flatMap((file) =>
    readFileSync(path.join(dist, file), "utf8").split("\n").flatMap((line, at) =>
      line.match(internalNote)?.map((note) => `${file}:${at + 1}: ${note}`) ?? []
    )
  );
  if (files.length === 0) return "no declarations in the package";
  return notes.join("\n") || undefined;
}

/** The JSR form: the sources, which Deno reads with its own types of Node. */
async function checkDeno(directory) {
  const project = path.join(directory, "jsr");
  mkdirSync(project);
  const files = programs.filter((program) => program.startsWith("types/"));
  for (const program of files) cpSync(inRoot("tests", `${program}.ts`), path.join(project, `${nameOf(program)}.ts`));
  writeFileSync(
    path.join(project, "deno.json"),
    json({
      imports: { "@x/dgram": "jsr:@x/dgram@^0" },
      links: [path.relative(project, inRoot("."))],
      lock: false,
      compilerOptions: { exactOptionalPropertyTypes: true },
    }),
  );
  const command = [denoPath(), "check", ...files.map((program) => `${nameOf(program)}.ts`)];
  const { code, output } = await runCommand(command, { cwd: project, timeout });
  return code === 0 ? undefined : output;
}

/** Answers why the pair fails, `{ reason }` where it can't be tried, or undefined. */
async function checkPair(directory, pair, withLibraries) {
  const [compiler, types] = await Promise.all([compilerOf(pair.compiler), typesOf(pair.types)]);
  if (compiler.reason ?? types.reason) return { reason: compiler.reason ?? types.reason };
  const project = writeProject(directory, pair, types.path, withLibraries);
  const { code, output } = await runCommand([process.execPath, compiler.path, "-p", "."], { cwd: project, timeout });
  if (code !== 0) return output;
  return findForeignNames(project).join("\n") || undefined;
}

function linkLibraries(directory, modules) {
  const link = (name) => {
    const target = path.join(directory, "node_modules", name);
    mkdirSync(path.dirname(target), { recursive: true });
    if (!existsSync(target)) symlinkSync(path.join(modules, name), target, "junction");
  };
  for (const name of libraries) link(name.slice(0, name.lastIndexOf("@")));
}

export async function checkTypes() {
  const started = performance.now();
  const directory = await installPackage();
  const found = await installedPackages(libraries);
  if (!found.reason) linkLibraries(directory, found.path);
  const checks = [
    ...pairs.map((pair) => {
      // What these packages declare is not for older compilers.
      const withLibraries = !found.reason && ["6", "7"].includes(pair.compiler) && pair.resolution === "nodenext";
      const name = `TypeScript ${pair.compiler} with the types of ${
        pair.types === "bun" ? "Bun" : `Node ${pair.types}`
      }, ${pair.resolution}`;
      return { name, run: () => checkPair(directory, pair, withLibraries) };
    }),
    { name: "names in messages", run: () => checkMessages(directory, nodeProgram("typescript", "bin", "tsc")) },
    { name: "doc comments", run: () => checkHoverTexts(directory) },
    { name: "deno check", run: () => checkDeno(directory) },
  ];
  const failures = [];
  const missing = found.reason ? [found.reason] : [];
  for (const { name, run } of checks) {
    const problem = await run();
    if (problem?.reason) missing.push(problem.reason);
    else if (problem !== undefined) failures.push({ name, message: problem });
  }
  const played = checks.length + Number(!found.reason) - missing.length;
  return playedSteps(started, played, failures, missing);
}
