/** Block lists and addresses that no loopback interface sends from. */
import { assertEquals } from "@std/assert";
import { BlockList } from "node:net";
import { test } from "node:test";
import { createSocket } from "@x/dgram";
import { ScriptedBackend } from "../support/scripted_backend.ts";

for (const batchMessages of [false, true]) {
  test(`a sender's scope takes it past no block list${batchMessages ? ", where messages come in batches" : ""}`, () => {
    const receiveBlockList = new BlockList();
    receiveBlockList.addSubnet("fe80::", 10, "ipv6");
    const backend = new ScriptedBackend();
    const socket = createSocket({ type: "udp6", backend, receiveBlockList, batchMessages });
    const heard: string[] = [];
    socket.on("message", (message) => heard.push(String(message)));
    socket.on("messages", (messages) => heard.push(...messages.map(({ data }) => String(data))));
    socket.bindSync({ address: "::1" });
    backend.arrive("without", 9, "fe80::1");
    backend.arrive("with", 9, "fe80::1%eth0");
    backend.arrive("another", 9, "fd00::1");
    assertEquals(heard, ["another"]);
    socket.close();
  });
}
