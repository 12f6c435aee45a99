/** The command-line tool at a terminal, with somebody who types. */
import { assert, assertEquals } from "@std/assert";
import { createSocket } from "@x/dgram";
import { once } from "node:events";
import { test } from "node:test";
import { cliCommand } from "../support/cli.ts";
import { freePort } from "../support/free_port.ts";
import { peersSkip, startPeer } from "../support/python.ts";
import { within } from "../support/within.ts";

const HOST = "127.0.0.1";

/** Types when a text has appeared; answers what was to be seen, without what a terminal does by itself. */
async function type(
  args: readonly string[],
  steps: readonly (readonly [text: string, keys: string])[],
): Promise<{ output: string; code: number | null }> {
  const [command, rest] = cliCommand(args);
  const env = { NO_COLOR: "1", TERM: "xterm" };
  const child = startPeer("terminal", ["30", JSON.stringify(steps), command, ...rest], { env });
  const { output, code } = await within(child.next<{ output: string; code: number | null }>(), "the terminal");
  return { output: output.replaceAll("\r\n", "\n"), code };
}

async function withEcho(use: (port: string) => Promise<void>): Promise<void> {
  const service = createSocket("udp4", (data, from) => service.send(data, from.port, from.address));
  const { port } = service.bindSync({ address: HOST });
  try {
    await use(`${port}`);
  } finally {
    const closed = once(service, "close");
    service.close();
    await closed;
  }
}

test("cli: at a terminal ping has a line for each echo, and Ctrl-C ends it with the figures", {
  skip: peersSkip,
}, async () => {
  await withEcho(async (port) => {
    const { output, code } = await type(["ping", HOST, port, "-n", "0.05", "-t", "20"], [["\n3  ", "\x03"]]);
    const lines = output.split("\n");
    assertEquals(lines[0], `ping ${HOST}:${port}, 64 bytes`);
    for (const number of [1, 2, 3]) assert(/^\d+ {2}[\d.]+ ms$/.test(lines[number]), output);
    const [, figures] = output.split("\r\x1b[K");
    assert(/^\d+ datagrams sent to [^\n]+, \d+ echoes, 0 % lost\nmin [^\n]+ ms\n$/.test(figures), output);
    assertEquals(code, 130);
  });
});

test("cli: at a terminal each line is sent and answered, and Ctrl-D ends it", { skip: peersSkip }, async () => {
  await withEcho(async (port) => {
    const { output, code } = await type(["send", HOST, port], [
      ["Ctrl-D ends\r\n", "hello\n"],
      ["5 bytes  hello", "two words\n"],
      ["9 bytes  two words", "\x04"],
    ]);
    assert(output.endsWith(`2 datagrams sent to ${HOST}:${port}, 14 bytes\n`), output);
    assertEquals(code, 0);
  });
});

test(
  "cli: at a terminal listen --reply - talks with who writes, and Ctrl-C ends it",
  { skip: peersSkip },
  async () => {
    const port = await freePort();
    const peer = createSocket("udp4");
    // Nothing says to this process when the tool is bound: ask until it answers.
    const timer = setInterval(() => peer.send("who is there", port, HOST), 100);
    const answers: string[] = [];
    peer.on("message", (data) => {
      clearInterval(timer);
      answers.push(`${data}`);
      peer.send("welcome", port, HOST);
    });
    try {
      const { output, code } = await type(["listen", `${port}`, "-a", HOST, "--reply", "-"], [
        ["who is there", "me\n"],
        ["welcome", "\x03"],
      ]);
      assertEquals([answers, code], [["me"], 130], output);
      assert(/ datagrams received\n$/.test(output), output);
    } finally {
      clearInterval(timer);
      peer.close();
    }
  },
);
