import { UNAVAILABLE } from "../../core/backend.ts";
import { mayUseHost } from "./permissions.ts";
import { settledErrno } from "./settled.ts";
import { type DatagramConn, deno } from "./types.ts";
import { errnoOf } from "../common/errno.ts";
import { isShortage } from "../libc/error_numbers.ts";

/** What a DatagramConn has under symbols of its prototype only, by their descriptions (Deno 2.9.5). */
export type Setter = "setBroadcast" | "setMulticastTTL" | "setMultiLoopback" | "dropMembership";

type Method = (...values: unknown[]) => unknown;

let methods: Map<string | undefined, Method> | undefined;

/** The method of that name, to be applied to a DatagramConn; undefined if this Deno has none. */
export function setterOf(conn: DatagramConn, name: Setter): Method | undefined {
  methods ??= methodsOf(conn);
  return methods.get(name);
}

/** Calls the method of that name: 0 or an errno. */
export function callSetter(conn: DatagramConn, name: Setter, ...values: unknown[]): number {
  const method = setterOf(conn, name);
  if (method === undefined) return UNAVAILABLE;
  const result = method.apply(conn, values);
  return result instanceof Promise ? settledErrno(result) : 0;
}

let looked = false;

/** True if this Deno has the method. Opens a socket for a moment, once, if none was opened before. */
export function hasSetter(name: Setter): boolean {
  if (methods === undefined && !looked && mayUseHost("127.0.0.1", 0)) {
    const options = { transport: "udp", hostname: "127.0.0.1", port: 0, reuseAddress: false, loopback: true } as const;
    try {
      const conn = deno!.listenDatagram!(options);
      methods = methodsOf(conn);
      conn.close();
    } catch (error) {
      // Else the loopback interface is down, or a sandbox refuses something: it shows when a socket is opened.
      looked = !isShortage(errnoOf(error));
    }
  }
  return methods === undefined || methods.has(name);
}

function methodsOf(conn: DatagramConn): Map<string | undefined, Method> {
  const prototype = Object.getPrototypeOf(conn);
  return new Map(Object.getOwnPropertySymbols(prototype).map((symbol) => [symbol.description, prototype[symbol]]));
}
