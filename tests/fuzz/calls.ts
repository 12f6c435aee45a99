/** What each operation of a program calls, and with what. */
import { Buffer } from "node:buffer";
import type { Actor } from "./actor.ts";
import type { Message, Op, Port } from "./program.ts";

/** A method's name, or the symbol of one, and its arguments. */
export interface Call {
  readonly method: string | symbol;
  readonly values: readonly unknown[];
}

/** How an operation's parts become values. */
export interface Values {
  port(port: Port): unknown;
  callback(then: Extract<Op, { call: "send" }>["callback"]): ((...values: unknown[]) => void) | undefined;
}

/** Node 18 has a symbol of its own where the language's is missing. */
const asyncDispose: symbol = Symbol.asyncDispose ?? Symbol.for("nodejs.asyncDispose");

export function callOf(op: Op, self: Actor, { port, callback }: Values): Call {
  const address = "address" in op ? numericWithoutLookup(op.address, self) : undefined;
  switch (op.call) {
    case "bind": {
      const listener = callback(op.callback);
      const values = op.form === "options"
        ? [{ port: port(op.port), ...(address === undefined ? {} : { address }) }]
        : [port(op.port), ...(address === undefined ? [] : [address])];
      return { method: "bind", values: [...values, ...(listener ? [listener] : [])] };
    }
    case "bindSync":
      return { method: "bindSync", values: [{ port: port(op.port), ...(address === undefined ? {} : { address }) }] };
    case "connect":
    case "connectSync": {
      const listener = op.call === "connect" ? callback(op.callback) : undefined;
      const given = address === undefined ? [] : [address];
      return { method: op.call, values: [port(op.port), ...given, ...(listener ? [listener] : [])] };
    }
    case "abort":
      return { method: "abort", values: [] };
    case "dispose":
      return { method: asyncDispose, values: [] };
    case "close": {
      const listener = callback(op.callback);
      return { method: "close", values: listener ? [listener] : [] };
    }
    case "send": {
      const listener = callback(op.callback);
      const message = made(op.message, `${op.number}`);
      return {
        method: "send",
        values: [
          ...addressed(op, self, message, [port(op.port), ...(address === undefined ? [] : [address])]),
          ...(listener ? [listener] : []),
        ],
      };
    }
    case "sendMany": {
      const isToPeer = op.form === "peer" || op.form === "auto" && self.connected;
      const to = isToPeer ? {} : { port: port(op.port), ...(address === undefined ? {} : { address }) };
      const messages = op.messages.map((message, at) => ({
        data: made(message, `${op.number}.${at}`),
        ...to,
        ...(message.segmentSize === undefined ? {} : { segmentSize: message.segmentSize }),
      }));
      return { method: "sendMany", values: [messages] };
    }
    default:
      if ("values" in op) return { method: op.call, values: op.values };
      return { method: op.call, values: "value" in op && op.value !== undefined ? [op.value] : [] };
  }
}

/** Nobody outside this process is asked for a name. */
function numericWithoutLookup(address: string | undefined, { plan }: Actor): string | undefined {
  if (plan.lookup !== "none" || !address?.endsWith(".test")) return address;
  return plan.type === "udp4" ? "127.0.0.1" : "::1";
}

function addressed(
  op: Extract<Op, { call: "send" }>,
  self: Actor,
  message: unknown,
  to: readonly unknown[],
): unknown[] {
  const form = op.form === "auto" ? self.connected ? "peer" : "address" : op.form;
  if (form === "peer") return [message];
  if (form === "port") return [message, to[0]];
  if (form === "address") return [message, ...to];
  const range = [message, 1, 4];
  return form === "range" ? [...range, ...to] : range;
}

/** Content that begins with its number. */
function made({ kind, size }: Message, number: string): unknown {
  const text = `#${number} `.padEnd(size, ".");
  switch (kind) {
    case "text":
      return text;
    case "buffer":
      return Buffer.from(text);
    case "view":
      return new DataView(new TextEncoder().encode(text).buffer);
    case "list":
      return [text.slice(0, 3), Buffer.from(text.slice(3, 6)), new TextEncoder().encode(text.slice(6))];
    case "empty":
      return "";
    case "nothing":
      return [];
    case "number":
      return size;
    case "bad list":
      return [text, size];
  }
}
