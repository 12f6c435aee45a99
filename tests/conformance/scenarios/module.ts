/** What the module exports, and what its class looks like. */
import { EventEmitter } from "node:events";
import { inherits } from "node:util";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import { methods } from "./methods.ts";
import type { AnySocket, Loose } from "../stage.ts";

export const moduleScenarios: readonly Scenario[] = [
  scenario("the module has createSocket and Socket, and no private helper", { rows: [1, 2] }, (stage) => {
    const { createSocket, Socket } = stage.dgram;
    stage.note("types", typeof createSocket, typeof Socket);
    stage.note("lengths", createSocket.length, Socket.length);
    stage.note("names", createSocket.name, Socket.name);
    stage.note("_createSocketHandle", typeof stage.dgram._createSocketHandle);
  }),

  scenario("a socket is an EventEmitter and an instance of Socket", { rows: [2] }, (stage) => {
    const { createSocket, Socket } = stage.dgram;
    const a = stage.socket("a");
    stage.note("instance of Socket", a instanceof Socket);
    stage.note("instance of EventEmitter", a instanceof EventEmitter);
    stage.note("the prototype is Socket's", Object.getPrototypeOf(a) === Socket.prototype);
    stage.note("its prototype is EventEmitter's", Object.getPrototypeOf(Socket.prototype) === EventEmitter.prototype);
    stage.note("constructor", createSocket("udp4").constructor === Socket);
  }),

  scenario("new Socket() takes what createSocket() takes", { rows: [2] }, async (stage) => {
    const Socket = stage.dgram.Socket as unknown as new (...args: unknown[]) => AnySocket;
    const a = new Socket({ type: "udp4" }, stage.callback("listener"));
    stage.watch("a", a);
    stage.note("type", a.type);
    stage.note("message listeners", a.listenerCount("message"));
    a.bind(0, "127.0.0.1", () => a.send("hello", a.address().port, "127.0.0.1"));
    await stage.seen("listener called");
  }),

  scenario("a class can extend Socket", { rows: [2] }, async (stage) => {
    const Socket = stage.dgram.Socket as unknown as new (...args: unknown[]) => AnySocket;
    class Greeter extends Socket {
      greeting = "hello";
    }
    const a = new Greeter("udp6");
    stage.watch("a", a);
    stage.note("instance of both", a instanceof Greeter, a instanceof Socket);
    stage.note("fields", a.type, a.greeting);
    a.close();
    await stage.seen("'close'");
  }),

  scenario("a constructor in the old style can inherit from Socket", { rows: [2] }, async (stage) => {
    const Socket = stage.dgram.Socket;
    function Greeter(this: AnySocket): void {
      (Socket as Loose).call(this, "udp4");
    }
    inherits(Greeter, Socket);
    const a = stage.call("new", () => new (Greeter as unknown as new () => AnySocket)(), { as: (made) => made.type });
    if (a === undefined) return;
    stage.watch("a", a);
    stage.call("bind", () => a.bind(0, "127.0.0.1"));
    await stage.seen("'listening'");
  }),

  scenario("a socket's own keys are the emitter's and its type", { rows: [5] }, (stage) => {
    const socket = stage.dgram.createSocket("udp4");
    stage.note("keys", Object.keys(socket).sort().join(" "));
    stage.note("fd", "fd" in socket);
    stage.note("type", JSON.stringify(Object.getOwnPropertyDescriptor(socket, "type")));
  }),

  scenario("the deprecated underscore members are gone", { rows: [6] }, (stage) => {
    const socket = stage.dgram.createSocket("udp4");
    const gone = ["_handle", "_receiving", "_bindState", "_queue", "_reuseAddr", "_healthCheck", "_stopReceiving"];
    for (const member of gone) stage.note(member, member in socket);
  }),

  scenario("the prototype has node:dgram's methods, enumerable, with their lengths", { rows: [2, 7, 8] }, (stage) => {
    const { prototype } = stage.dgram.Socket;
    for (const { name } of methods) {
      const found = Object.getOwnPropertyDescriptor(prototype, name);
      stage.note(name, typeof found?.value, found?.value?.length, `enumerable ${found?.enumerable}`);
    }
  }),
];
