/**
 * Tries to adopt descriptors: those that it is given, and that of a socket of its own. Prints what came of each, and
 * whether it is still there.
 */
import { createSocket, type Socket } from "@x/dgram";
import { spawnSync } from "node:child_process";
import process from "node:process";

/** What each descriptor of this process is. */
function openDescriptors(): Map<number, string> {
  const { stdout } = spawnSync("ls", ["-l", `/proc/${process.pid}/fd`], { encoding: "utf8" });
  return new Map(
    [...stdout.matchAll(/ (\d+) -> (.+)/g)].map(([, fd, target]): [number, string] => [Number(fd), target]),
  );
}

function adoption(fd: number): [code: string | undefined, same: boolean] {
  const socket = createSocket("udp4");
  const before = openDescriptors().get(fd);
  let code: string | undefined = "adopted";
  socket.on("error", (error) => code = (error as { code?: string }).code);
  try {
    socket.bind({ fd, exclusive: true });
  } catch (error) {
    code = (error as { code?: string }).code;
  }
  socket.close();
  return [code, openDescriptors().get(fd) === before];
}

async function bound(onMessage: (text: string, port: number) => void = () => {}): Promise<[Socket, number]> {
  const socket = createSocket("udp4", (message, { port }) => onMessage(String(message), port));
  await new Promise<void>((done) => socket.bind(0, "127.0.0.1", done));
  return [socket, socket.address().port];
}

async function main(): Promise<void> {
  const given = process.argv.slice(2).map((fd) => adoption(Number(fd)));
  const before = new Set(openDescriptors().values());
  const [socket, port] = await bound();
  // Other ones are those by which a runtime talks to `ls`.
  const own = [...openDescriptors()].filter(([, target]) => target.startsWith("socket:") && !before.has(target))
    .map(([fd]) => adoption(fd)).filter(([code]) => code !== "ERR_INVALID_FD_TYPE");
  // What takes the number of a descriptor that was closed.
  const strangers = await Promise.all([bound(), bound(), bound()]);
  const heard = await new Promise<string>((done) => {
    void bound((text, from) => done(`${text} from ${from === port ? "its own port" : "another"}`)).then(
      ([, to]) => socket.send("hello", to, "127.0.0.1"),
    );
  });
  console.log(JSON.stringify({ given, own, heard, strangers: strangers.length }));
  process.exit(0);
}

void main();
