/** Programs that a runtime starts again when their file is touched: node --watch, deno run --watch, bun --watch and --hot. */
import { assertEquals } from "@std/assert";
import { createSocket } from "@x/dgram";
import { once } from "node:events";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { root, runtime, selfCommand } from "../support/child.ts";
import { freePort } from "../support/free_port.ts";
import { startProcess } from "../support/json_process.ts";
import { within } from "../support/within.ts";

const HOST = "127.0.0.1";
/** Milliseconds for each start. */
const TIMEOUT = 28_000;

interface Answer {
  /** Of each start another. */
  readonly name: string;
  /** How many sockets its process has open. */
  readonly sockets: number;
}

type Told = Answer | { readonly started: string } | { readonly error: string };

/** A file of its own below the root, where runtimes find the project's configuration: others may touch theirs meanwhile. */
function writeProgram(file: string): string {
  mkdirSync(resolve(root, ".build"), { recursive: true });
  const folder = mkdtempSync(resolve(root, ".build", "watch-"));
  writeFileSync(join(folder, "main.mjs"), `import ${JSON.stringify(pathToFileURL(file).href)};\n`);
  return folder;
}

/** The answers of a program, and of the one that is started when it is touched. */
async function touch(flag: string): Promise<[Answer, Answer]> {
  const [command, args] = selfCommand("core/watched");
  const folder = writeProgram(args.pop()!);
  const main = join(folder, "main.mjs");
  const port = await freePort();
  const here = createSocket("udp4");
  const answers: Answer[] = [];
  let fail: (error: Error) => void;
  let look = (): void => {};
  const failed = new Promise<never>((_, reject) => fail = reject);
  here.on("message", (message) => {
    const told = JSON.parse(String(message)) as Told;
    if ("error" in told) return fail(new Error(told.error));
    // A watcher may start it again before it has answered: each is asked.
    if ("started" in told) return here.send("who is there?", port, HOST);
    if (answers.every(({ name }) => name !== told.name)) answers.push(told);
    look();
  });
  const answered = (count: number): Promise<void> =>
    new Promise((done) => {
      look = () => answers.length >= count && done();
      look();
    });
  here.bindSync({ address: HOST });
  args.splice(runtime === "deno" ? 1 : 0, 0, flag);
  const child = startProcess(command, [...args, main, String(port), String(here.address().port)], {
    timeout: 2 * TIMEOUT,
  });
  child.result.then(({ stdout, stderr }) => fail(new Error(`it ended: ${stdout}${stderr}`)), (error) => fail(error));
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await within(Promise.race([answered(1), failed]), "the first answer", TIMEOUT);
    // It has not been said that the file is watched by now: it is touched again, later each time.
    const touchAgain = (wait: number): void => {
      appendFileSync(main, "// touched\n");
      timer = setTimeout(touchAgain, wait, 2 * wait);
    };
    touchAgain(1000);
    await within(Promise.race([answered(2), failed]), "the second answer", TIMEOUT);
    return [answers[0], answers[1]];
  } finally {
    clearTimeout(timer);
    // What watches on Node is not what runs.
    await new Promise((done) => here.send("end", port, HOST, done));
    child.kill("SIGKILL");
    await child.result;
    const closed = once(here, "close");
    here.close();
    await closed;
    rmSync(folder, { recursive: true, force: true });
  }
}

test("a program under --watch that is touched starts again, and answers on the same port", async () => {
  const [first, second] = await touch("--watch");
  assertEquals(second.sockets, first.sockets);
});

test("a program under --hot that is touched starts again in its process, and answers on the same port", {
  skip: process.versions.bun ? false : "--hot is Bun's",
}, async () => {
  const [first, second] = await touch("--hot");
  assertEquals(second.sockets, first.sockets);
  assertEquals(second.name.split(" ")[0], first.name.split(" ")[0]);
});
