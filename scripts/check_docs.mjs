// Type-checks every ```ts block of the documentation, and runs it on the oldest and the newest Node, on Deno and on Bun: it
// has to end by itself, with exit code 0, and to print what its comments say. `node scripts/check_docs.mjs`; Node takes
// dist, the others the source.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { transform } from "esbuild";
import { runCommand } from "./matrix/command.mjs";
import { inRoot } from "./matrix/paths.mjs";
import { bunPath, denoPath, nodePath, nodeVersions } from "./matrix/runtimes.mjs";
import { findSnippets } from "./docs/snippets.mjs";

const timeout = 30_000;
const jobs = 2;
const deno = [denoPath(), "run", "--no-check", "--no-prompt", "--allow-net"];
const [oldest, newest] = [nodeVersions[0], nodeVersions.at(-1)];
/** By the name that failures are told with; the first word is what a block names that is not for all. */
const runtimes = {
  [`node ${oldest}`]: [await nodeProgram(oldest)],
  [`node ${newest}`]: [await nodeProgram(newest)],
  deno,
  "deno --unstable-net": [...deno, "--unstable-net"],
  bun: [bunPath()],
};

/** This one, where the registry has no package of that version for the machine. */
async function nodeProgram(version) {
  const { path: program, reason } = await nodePath(version);
  if (reason) console.log(`Node ${process.versions.node} in place of ${version}: ${reason}`);
  return program ?? process.execPath;
}

const usesUsing = (code) => /^\s*(?:await )?using /m.test(code);

/** A block is run as it stands, so the versions of Node that can't read it don't get it; its page has to say so. */
function isFor(name, { on, code }) {
  const [runtime] = name.split(" ");
  if (name === `node ${oldest}` && usesUsing(code)) return false;
  // That flag alone changes nothing but what this entry answers.
  if (name === "deno --unstable-net" && !code.includes("@x/dgram/deno")) return false;
  return on.length === 0 || (on.includes(process.platform) && on.includes(runtime));
}

/** A page whose blocks need a newer Node than the package does tells its reader. */
function unsaid(snippets) {
  const files = new Set(snippets.filter(({ code }) => usesUsing(code)).map(({ place }) => place.split(":")[0]));
  const silent = [...files].filter((file) =>
    file.endsWith(".md") && !/needs? Node 24/.test(readFileSync(inRoot(file), "utf8"))
  );
  return silent.map((file) => `${file} has \`await using\` at the top and does not say that this needs Node 24`);
}

// Inside the project, so that "@x/dgram" means the project itself.
const directory = inRoot(".build", `docs-${process.pid}`);

async function write(snippet, number) {
  const base = path.join(directory, `snippet_${number}`);
  // `export {}` makes a module of it, where await may stand at the top.
  const source = `${snippet.code}\nexport {};\n`;
  writeFileSync(`${base}.ts`, source);
  // The types alone are taken away: what a reader's Node can't run must fail here too.
  const { code } = await transform(source, { loader: "ts", target: "esnext" });
  writeFileSync(`${base}.mjs`, code);
  return { ...snippet, source: `${base}.ts`, compiled: `${base}.mjs` };
}

/** The reason of a failure; "unavailable" where the runtime says that it has no such feature; undefined if all is well. */
async function run({ source, compiled, prints }, name) {
  const command = [...runtimes[name], name.startsWith("node") ? compiled : source];
  const { code, stdout, output, timedOut } = await runCommand(command, { timeout });
  // Deno 2.9.5 prints an uncaught error without its code.
  if (code !== 0 && /The feature \w+ is unavailable on/.test(output)) return "unavailable";
  if (code !== 0) return `${timedOut ? "did not end" : `exit code ${code}`}\n${output}`;
  const printed = stdout.trimEnd().split("\n");
  if (prints.length && printed.join("\n") !== prints.join("\n")) return `printed ${JSON.stringify(printed)}`;
}

async function checkTypes(snippets) {
  const { code, output } = await runCommand([denoPath(), "check", ...snippets.map(({ source }) => source)], {
    timeout: 120_000,
  });
  if (code === 0) return [];
  const said = output.replace(/^Check .*\n/gm, "");
  return [snippets.reduce((text, { source, place }) => text.replaceAll(pathToFileURL(source).href, place), said)];
}

async function runAll(snippets) {
  const queue = snippets.flatMap((snippet) =>
    Object.keys(runtimes).filter((name) => isFor(name, snippet)).map((name) => ({ snippet, name }))
  );
  const failures = [];
  const unavailable = [];
  const total = queue.length;
  const work = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const { snippet, name } = job;
      const reason = await run(snippet, name);
      if (reason === "unavailable") unavailable.push(`${snippet.place} on ${name}`);
      else if (reason) failures.push(`${snippet.place} on ${name}: ${reason}`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return { total, failures, unavailable };
}

try {
  mkdirSync(directory, { recursive: true });
  const snippets = await Promise.all(findSnippets().map(write));
  const wrong = [...await checkTypes(snippets), ...unsaid(snippets)];
  const { total, failures, unavailable } = await runAll(snippets);
  for (const text of [...wrong, ...failures]) console.error(`\nFAILED: ${text.trimEnd()}`);
  if (unavailable.length) console.log(`\nunavailable:\n    ${unavailable.sort().join("\n    ")}`);
  const failed = wrong.length + failures.length;
  console.log(
    `\n${snippets.length} code blocks: ${total - failures.length - unavailable.length} runs passed, ` +
      `${failed} failed, ${unavailable.length} without the feature`,
  );
  process.exitCode = failed > 0 || snippets.length === 0 ? 1 : 0;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
