/**
 * Has somebody who hears of each new socket add a listener of 'listening' and 'connect' that throws, before all others.
 * Prints which of what waits for them ended.
 */
import console from "node:console";
import process from "node:process";
import { channel } from "node:diagnostics_channel";
import { setTimeout } from "node:timers";
import { Socket } from "@x/dgram";
import { bind, connect } from "@x/dgram/promises";
import { UDPSocket } from "@x/dgram/web";

const HOST = "127.0.0.1";

channel("udp.socket").subscribe((message) => {
  const { socket } = message as { socket: unknown };
  if (!(socket instanceof Socket)) return;
  const fail = (): never => {
    throw new Error("from a foreign listener");
  };
  socket.prependListener("listening", fail).prependListener("connect", fail);
});
let thrown = 0;
process.on("uncaughtException", () => thrown++);

async function main(): Promise<void> {
  const ended: string[] = [];
  const opening = [
    bind(0, HOST).then(() => ended.push("bind")),
    connect({ port: 9, address: HOST, localAddress: HOST }).then(() => ended.push("connect")),
    new UDPSocket({ localAddress: HOST }).opened.then(() => ended.push("opened")),
  ];
  await Promise.race([Promise.all(opening), new Promise((done) => setTimeout(done, 60_000))]);
  console.log(JSON.stringify({ ended: ended.sort(), threw: thrown > 0 }));
  process.exit();
}

void main();
