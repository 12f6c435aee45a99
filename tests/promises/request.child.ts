/** One end of a request, by its name in the arguments; a timer that were left would keep this process for an hour. */
import console from "node:console";
import process from "node:process";
import { bind } from "@x/dgram/promises";

const LOOPBACK = "127.0.0.1";
const HOUR = 3_600_000;

async function main(end: string): Promise<void> {
  const server = await bind(0, LOOPBACK);
  const client = await bind(0, LOOPBACK);
  const controller = new AbortController();
  const { signal } = controller;
  const timeout = end === "a timeout" ? 1 : HOUR;
  const ended = client.request("x", { ...server.address(), timeout, retries: 1, signal }).catch(() => {});
  const { port } = await server.receive();
  if (end === "an answer") await server.send("y", port, LOOPBACK);
  if (end === "an abort") controller.abort();
  if (end === "a close") await client.close();
  await ended;
  await client.close();
  await server.close();
  console.log(end);
}

process.on("beforeExit", () => console.log("nothing left to do"));
void main(process.argv[2]);
