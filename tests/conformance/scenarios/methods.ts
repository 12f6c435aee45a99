/** Every method of a socket with arguments that it takes, for the table of methods and states. */
import type { Feature } from "../../../src/core/backend.ts";
import type { AnySocket, Stage } from "../stage.ts";

/** A group and a source on the loopback interface. */
const GROUP = "239.255.77.1";
const SOURCE_GROUP = "232.255.77.1";
const LOOPBACK = "127.0.0.1";

/** One method, called with arguments that are right where its state is. */
export interface Method {
  readonly name: string;
  readonly needs?: readonly Feature[];
  readonly native?: readonly Feature[];
  /** `port` is a bound peer's. */
  readonly call: (socket: AnySocket, port: number, stage: Stage) => unknown;
  /** What is shown in place of a returned value that depends on the system. */
  readonly as?: (value: unknown) => unknown;
}

const size = (value: unknown): unknown => typeof value;

export const methods: readonly Method[] = [
  {
    name: "addMembership",
    needs: ["membership"],
    call: (socket) => socket.addMembership(GROUP, LOOPBACK),
  },
  {
    name: "addSourceSpecificMembership",
    needs: ["sourceSpecificMembership"],
    call: (socket) => socket.addSourceSpecificMembership(LOOPBACK, SOURCE_GROUP, LOOPBACK),
  },
  { name: "address", call: (socket) => socket.address() },
  { name: "bind", call: (socket, _, stage) => socket.bind(0, LOOPBACK, stage.callback("bind's callback")) },
  { name: "bindSync", call: (socket) => socket.bindSync({ address: LOOPBACK }) },
  { name: "close", call: (socket, _, stage) => socket.close(stage.callback("close's callback")) },
  {
    name: "connect",
    call: (socket, port, stage) => socket.connect(port, LOOPBACK, stage.callback("connect's callback")),
  },
  { name: "connectSync", call: (socket, port) => socket.connectSync(port, LOOPBACK) },
  { name: "disconnect", call: (socket) => socket.disconnect() },
  {
    name: "dropMembership",
    needs: ["membership"],
    call: (socket) => socket.dropMembership(GROUP, LOOPBACK),
  },
  {
    name: "dropSourceSpecificMembership",
    needs: ["sourceSpecificMembership"],
    call: (socket) => socket.dropSourceSpecificMembership(LOOPBACK, SOURCE_GROUP, LOOPBACK),
  },
  { name: "getRecvBufferSize", native: ["recvBufferSize"], call: (socket) => socket.getRecvBufferSize(), as: size },
  { name: "getSendBufferSize", native: ["sendBufferSize"], call: (socket) => socket.getSendBufferSize(), as: size },
  { name: "getSendQueueCount", call: (socket) => socket.getSendQueueCount() },
  { name: "getSendQueueSize", call: (socket) => socket.getSendQueueSize() },
  { name: "ref", call: (socket) => socket.ref() },
  { name: "remoteAddress", call: (socket) => socket.remoteAddress() },
  {
    name: "send",
    call: (socket, port, stage) => socket.send("datagram", port, LOOPBACK, stage.callback("send's callback")),
  },
  {
    name: "sendto",
    call: (socket, port, stage) => socket.sendto("datagram", 0, 8, port, LOOPBACK, stage.callback("sendto's callback")),
  },
  { name: "setBroadcast", needs: ["broadcast"], call: (socket) => socket.setBroadcast(true) },
  {
    name: "setMulticastInterface",
    needs: ["multicastInterface"],
    call: (socket) => socket.setMulticastInterface(LOOPBACK),
  },
  { name: "setMulticastLoopback", needs: ["multicastLoopback"], call: (socket) => socket.setMulticastLoopback(true) },
  { name: "setMulticastTTL", needs: ["multicastTTL"], call: (socket) => socket.setMulticastTTL(3) },
  { name: "setRecvBufferSize", needs: ["recvBufferSize"], call: (socket) => socket.setRecvBufferSize(8192) },
  { name: "setSendBufferSize", needs: ["sendBufferSize"], call: (socket) => socket.setSendBufferSize(8192) },
  { name: "setTTL", needs: ["ttl"], call: (socket) => socket.setTTL(5) },
  { name: "unref", call: (socket) => socket.unref() },
];
