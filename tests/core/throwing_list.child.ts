/** Four datagrams arrive together, of which the receive block list has one and throws about another. Prints what was seen. */
import { createSocket } from "@x/dgram";
import console from "node:console";
import { BlockList } from "node:net";
import process from "node:process";
import { setImmediate } from "node:timers";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const seen: string[] = [];
process.on("uncaughtException", (error) => void seen.push(String(error)));
const receiveBlockList = new BlockList();
receiveBlockList.check = (address) => {
  if (address === "192.0.2.2") throw new Error("of the list");
  return address === "192.0.2.1";
};
const backend = new ScriptedBackend();
const socket = createSocket({ type: "udp4", backend, batchMessages: true, receiveBlockList });
socket.on("messages", (messages) => void seen.push(messages.map(({ data }) => String(data)).join(" ")));
socket.bindSync();
backend.arriveTogether(["1", "2", "3", "4"], ["192.0.2.3", "192.0.2.1", "192.0.2.2", "192.0.2.4"]);
setImmediate(() => {
  console.log(JSON.stringify(seen));
  process.exit();
});
