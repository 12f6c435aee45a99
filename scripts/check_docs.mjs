// Type-checks every ```ts block of the documentation, and runs it on Node, Deno and Bun: it has to end by itself, with
// exit code 0, and to print what its comments say. `node scripts/check_docs.mjs`; Node takes dist, the others the source.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { transform } from "esbuild";
import { runCommand } from "./matrix/command.mjs";
import { inRoot } from "./matrix/paths.mjs";
import { bunPath, denoPath } from "./matrix/runtimes.mjs";
import { findSnippets } from "./docs/snippets.mjs";

const timeout = 30_000;
const jobs = 2;
const deno = [denoPath(), "run", "--no-check", "--no-prompt", "--allow-net"];
const runtimes = {
  node: [process.execPath],
  deno,
  "deno --unstable-net": [...deno, "--unstable-net"],
  bun: [bunPath()],
};

// Inside the project, so that "@x/dgram" means the project itself.
const directory = inRoot(".build", `docs-${process.pid}`);

async function write(snippet, number) {
  const base = path.join(directory, `snippet_${number}`);
  // `export {}` makes a module of it, where await may stand at the top.
  const source = `${snippet.code}\nexport {};\n`;
  writeFileSync(`${base}.ts`, source);
  // Node 20 and its elders know neither types nor `await using`.
  const { code } = await transform(source, { loader: "ts", target: "node18" });
  writeFileSync(`${base}.mjs`, code);
  return { ...snippet, source: `${base}.ts`, compiled: `${base}.mjs` };
}

/** The reason of a failure; "lacking" where the runtime says that it has no such feature; undefined if all is well. */
async function run({ source, compiled, prints }, name) {
  const command = [...runtimes[name], name === "node" ? compiled : source];
  const { code, stdout, output, timedOut } = await runCommand(command, { timeout });
  // Deno 2.9.5 prints an uncaught error without its code.
  if (code !== 0 && /The feature \w+ is unavailable on/.test(output)) return "lacking";
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
  const queue = snippets.flatMap((snippet) => Object.keys(runtimes).map((name) => ({ snippet, name })));
  const failures = [];
  const lacking = [];
  const total = queue.length;
  const work = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const { snippet, name } = job;
      const reason = await run(snippet, name);
      if (reason === "lacking") lacking.push(`${snippet.place} on ${name}`);
      else if (reason) failures.push(`${snippet.place} on ${name}: ${reason}`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return { total, failures, lacking };
}

try {
  mkdirSync(directory, { recursive: true });
  const snippets = await Promise.all(findSnippets().map(write));
  const wrong = await checkTypes(snippets);
  const { total, failures, lacking } = await runAll(snippets);
  for (const text of [...wrong, ...failures]) console.error(`\nFAILED: ${text.trimEnd()}`);
  if (lacking.length) console.log(`\nlacking:\n    ${lacking.sort().join("\n    ")}`);
  const failed = wrong.length + failures.length;
  console.log(
    `\n${snippets.length} code blocks: ${total - failures.length - lacking.length} runs passed, ` +
      `${failed} failed, ${lacking.length} lacking a feature`,
  );
  process.exitCode = failed > 0 || snippets.length === 0 ? 1 : 0;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
