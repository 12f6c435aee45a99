/**
 * Has this process take itself for one on Windows, and the runtime's sockets answer as they do there (Deno 2.9.6 and Bun
 * 1.4.5 under Wine). The kernel is Linux's all the same.
 */
import { Buffer } from "node:buffer";
import process from "node:process";
import { runtime } from "../../support/child.ts";

interface UdpWrap {
  onmessage(read: number, handle: UdpWrap, bytes: Buffer): void;
}

type Method = (this: UdpWrap, ...values: never[]) => number;

interface Conn {
  receive(buffer: Uint8Array): Promise<unknown>;
}

interface BunOptions {
  readonly flags?: number;
  readonly fd?: number;
  readonly connect?: unknown;
  readonly socket?: { error?(error: Error): void };
}

const UV_UDP_IPV6ONLY = 1;
const UV_UNKNOWN = -4094;
const REUSE_PORT_OR_FAIL = 32;
/** What the runtime ends the process with. */
const ENDED = 9;

function pretendOnDeno(): void {
  const { UDP } = (process as unknown as { binding(name: string): { UDP: { prototype: Record<string, Method> } } })
    .binding("udp_wrap");
  const { bind6, recvStart } = UDP.prototype;
  // IPV6_V6ONLY is on, whatever is asked for.
  UDP.prototype.bind6 = function (address: never, port: never, flags: never) {
    return bind6.call(this, address, port, (flags | UV_UDP_IPV6ONLY) as never);
  };
  // The receive that is pending when an ICMP message comes fails, and the next begins.
  UDP.prototype.recvStart = function () {
    setTimeout(() => this.onmessage(UV_UNKNOWN, this, Buffer.alloc(0)), 1);
    return recvStart.call(this);
  };
  UDP.prototype.open = () => process.exit(ENDED);
  const { Deno } = globalThis as unknown as { Deno: { listenDatagram?(options: object): Conn } };
  const { listenDatagram } = Deno;
  if (listenDatagram === undefined) return;
  Deno.listenDatagram = (options) => {
    const conn = listenDatagram(options);
    let resets = 1;
    const receive = conn.receive.bind(conn);
    conn.receive = (buffer) =>
      resets-- > 0
        ? Promise.reject(Object.assign(new Error("forcibly closed (os error 10054)"), { code: "ECONNRESET" }))
        : receive(buffer);
    return conn;
  };
}

function pretendOnBun(): void {
  const { Bun } = globalThis as unknown as { Bun: { udpSocket(options: BunOptions): unknown } };
  const { udpSocket } = Bun;
  const refuse = (code: string): never => {
    throw Object.assign(new Error(code), { code });
  };
  Bun.udpSocket = (options) => {
    if (options.fd !== undefined) refuse("ENOTSOCK");
    if ((options.flags ?? 0) & REUSE_PORT_OR_FAIL) refuse("ENOTSUP");
    try {
      return udpSocket.call(Bun, options);
    } catch (error) {
      // A connect that failed has no code.
      throw options.connect === undefined ? error : new Error("Failed to connect socket");
    } finally {
      setTimeout(() => options.socket?.error?.(Object.assign(new Error("reset"), { code: "ECONNRESET" })), 1);
    }
  };
}

/** To be called before anything asks for these. */
export function pretendWindows(): void {
  Object.defineProperty(process, "platform", { value: "win32" });
  if (runtime === "deno") pretendOnDeno();
  if (runtime === "bun") pretendOnBun();
}
