import { assert, assertEquals } from "@std/assert";
import { once } from "node:events";
import { BlockList } from "node:net";
import { test } from "node:test";
import { setImmediate } from "node:timers";
import { capabilities, createSocket, type ReceivedMessage, type SocketOptions, type SocketType } from "@x/dgram";
import { noAddress } from "../support/loopback.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

function listening(options: SocketType | SocketOptions): Promise<ReturnType<typeof createSocket>> {
  const socket = createSocket(options);
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, "127.0.0.1", () => resolve(socket));
  });
}

test("a socket made with batchMessages hands over arrays, in order, and no 'message'", async () => {
  const receiver = await listening({ type: "udp4", batchMessages: true });
  const sender = await listening("udp4");
  receiver.on("message", () => assert(false, "'message' was emitted"));
  const heard: ReceivedMessage[] = [];
  const all = new Promise<void>((done) =>
    receiver.on("messages", (messages) => {
      heard.push(...messages);
      if (heard.length === 50) done();
    })
  );
  const { port } = receiver.address();
  const sent = await sender.sendMany(
    Array.from({ length: 50 }, (_, i) => ({ data: `message ${i}`, port, address: "127.0.0.1" })),
  );
  await all;
  assertEquals(sent, 50);
  assertEquals(heard.map(({ data }) => `${data}`), Array.from({ length: 50 }, (_, i) => `message ${i}`));
  const { data, ...from } = heard[10];
  assertEquals(from, { address: "127.0.0.1", family: "IPv4", port: sender.address().port, size: 10 });
  assertEquals([data.byteOffset, data.buffer.byteLength], [0, 10]);
  receiver.close();
  sender.close();
});

test("'messages' leaves out what a receiveBlockList blocks", { skip: noAddress("127.0.0.2") }, async () => {
  const receiveBlockList = new BlockList();
  const receiver = await listening({ type: "udp4", batchMessages: true, receiveBlockList });
  receiveBlockList.addAddress("127.0.0.2");
  const [good, bad] = [await listening("udp4"), createSocket("udp4")];
  bad.bind(0, "127.0.0.2");
  await once(bad, "listening");
  const { port } = receiver.address();
  const heard = once(receiver, "messages");
  await bad.sendMany([{ data: "blocked", port, address: "127.0.0.1" }]);
  await good.sendMany([{ data: "heard", port, address: "127.0.0.1" }]);
  const [messages] = await heard as [ReceivedMessage[]];
  assertEquals(messages.map(({ data }) => `${data}`), ["heard"]);
  for (const socket of [receiver, good, bad]) socket.close();
});

test("closing in a listener of 'messages' ends them", async () => {
  const receiver = await listening({ type: "udp4", batchMessages: true });
  const sender = await listening("udp4");
  let batches = 0;
  receiver.on("messages", () => {
    batches++;
    receiver.close();
  });
  const { port } = receiver.address();
  await sender.sendMany(Array.from({ length: 40 }, () => ({ data: "x", port, address: "127.0.0.1" })));
  await once(receiver, "close");
  assertEquals(batches, 1);
  sender.close();
});

for (const receiveInfo of [false, true]) {
  const skip = receiveInfo && capabilities.features.receiveInfo === "unavailable"
    ? "the kernel can't be asked here"
    : false;
  test(
    `a block list may close the socket in mid batch${receiveInfo ? ", with receiveInfo" : ""}`,
    { skip },
    async () => {
      const receiveBlockList = new BlockList();
      let checks = 0;
      receiveBlockList.check = () => {
        if (++checks === 3) receiver.close();
        return false;
      };
      const receiver = await listening({ type: "udp4", batchMessages: true, receiveBlockList, receiveInfo });
      const sender = await listening("udp4");
      const heard: string[] = [];
      receiver.on("messages", (messages) => heard.push(...messages.map(({ data }) => `${data}`)));
      const closed = once(receiver, "close");
      const { port } = receiver.address();
      await sender.sendMany(Array.from({ length: 8 }, (_, i) => ({ data: `${i}`, port, address: "127.0.0.1" })));
      await closed;
      sender.close();
      await once(sender, "close");
      assertEquals([heard.join(""), checks], ["012", 3]);
    },
  );
}

test("what arrives together is told as one array of what is wanted, one by one once held, and as none where nothing is", async () => {
  const receiveBlockList = new BlockList();
  receiveBlockList.addAddress("10.0.0.1");
  const backend = new ScriptedBackend({ pause: "native" });
  const socket = createSocket({ type: "udp4", batchMessages: true, receiveBlockList, backend });
  const heard: string[][] = [];
  socket.on("messages", (messages) => void heard.push(messages.map(({ data }) => `${data}`)));
  const look = async (): Promise<string[][]> => {
    await new Promise<void>((done) => void setImmediate(done));
    return heard.splice(0);
  };
  const [good, bad] = ["10.0.0.2", "10.0.0.1"];
  socket.bindSync();
  backend.arriveTogether(["1", "2", "3"], [good, bad, good]);
  assertEquals(await look(), [["1", "3"]]);
  backend.arriveTogether(["1", "2"], [bad, bad]);
  assertEquals(await look(), []);
  socket.pause();
  backend.arriveTogether(["1", "2", "3"], [good, bad, good]);
  backend.arriveTogether(["4"], [good]);
  assertEquals(await look(), []);
  socket.resume();
  assertEquals(await look(), [["1"], ["3"], ["4"]]);
  socket.close();
  backend.arriveTogether(["1"], [good]);
  assertEquals(await look(), []);
});
