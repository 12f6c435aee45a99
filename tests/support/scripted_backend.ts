/** A network without a kernel: the test says what arrives and what fails, and sees what is sent. */
import { Buffer } from "node:buffer";
import { capabilities } from "@x/dgram";
import type {
  AddressInfo,
  Backend,
  Capabilities,
  Datagram,
  Feature,
  Handle,
  Host,
  OpenOptions,
  Support,
} from "@x/dgram";

/** A datagram that a socket sent. */
export interface Sent {
  readonly text: string;
  readonly address: string | null;
  readonly port: number;
}

/** Give it as a socket's `backend` option; one for each socket. */
export class ScriptedBackend implements Backend {
  readonly name = "scripted";
  readonly capabilities: Capabilities;
  readonly sent: Sent[] = [];
  opened = 0;
  /** The peer that the kernel has a socket connected to, or an errno where there is none. */
  peer: AddressInfo | number = -107;
  /** What asking for it fails with, if that is below 0. */
  nameless = 0;
  closed = 0;
  /** As the handle was told last. */
  paused = false;
  referenced = true;
  /** How often it was told to receive again. */
  resumed = 0;
  /** What the next system calls answer: an errno, 1, or for a send 0, if there is no room. */
  answer = 1;
  /** What a row of datagrams ends with, which it is to cut: an errno, or 1. */
  cut = 1;
  /** The test tells the ends of datagrams: it takes one at a time, or all, as a kernel without room. Of sockets opened from now on. */
  deferred: "serial" | "full" | undefined;
  /** How many datagrams each call that sends several was given. */
  readonly batches: number[] = [];
  /** Called with each datagram that was sent. */
  onSent: (sent: Sent) => void = () => {};
  #host: Host | undefined;
  readonly #flying: Datagram[] = [];

  /** @param features in place of what is so here */
  constructor(features: Partial<Record<Feature, Support>> = {}) {
    this.capabilities = { ...capabilities, features: { ...capabilities.features, ...features } };
  }

  /** Lets a datagram arrive. */
  arrive(text: string, port = 1000, address = "127.0.0.1"): void {
    const data = Buffer.from(text);
    const family = address.includes(":") ? "IPv6" : "IPv4";
    this.#host?.message(data, { address, family, port, size: data.length });
  }

  /** Lets several arrive in one receive, each from its address, where the socket takes them together. */
  arriveTogether(texts: readonly string[], addresses: readonly string[]): void {
    const data = texts.map((text) => Buffer.from(text));
    const from = addresses.map((address, i) =>
      ({ address, family: "IPv4", port: 1000, size: data[i].length }) as const
    );
    this.#host?.messages?.(data, from, data.length);
  }

  /** Lets a receive fail. */
  fail(errno: number): void {
    this.#host?.receiveError(errno, "recvmsg");
  }

  /** Says that there is room again. */
  drain(): void {
    this.#host?.drained();
  }

  /** Ends the first datagram that a deferred one has, with 0 or an errno. */
  end(result: number): void {
    this.#host?.sent(this.#flying.shift()!, result);
  }

  /** How many a deferred one has. */
  get flying(): number {
    return this.#flying.length;
  }

  /** Has somebody else close the socket. */
  closeBelow(): void {
    this.#host?.closed();
  }

  open({ family }: OpenOptions, host: Host): Handle {
    this.#host = host;
    this.opened++;
    const address: AddressInfo = family === 4
      ? { address: "127.0.0.1", family: "IPv4", port: 4000 }
      : { address: "::1", family: "IPv6", port: 4000 };
    const done = (): number => 0;
    const send = (datagram: Datagram): number => {
      if (this.answer <= 0) return this.answer;
      if (datagram.segmentSize > 0 && this.cut < 0) return this.cut;
      if (this.deferred === "serial" && this.#flying.length > 0) return 0;
      if (this.deferred) this.#flying.push(datagram);
      const sent = { text: String(Buffer.from(datagram.data)), address: datagram.address, port: datagram.port };
      this.sent.push(sent);
      this.onSent(sent);
      return 1;
    };
    const { deferred } = this;
    const waiting = deferred === "full" ? this.#flying : [];
    return {
      deferred: deferred !== undefined,
      serial: deferred === "serial",
      get queueSize() {
        return waiting.reduce((sum, { data }) => sum + data.length, 0);
      },
      get queueCount() {
        return waiting.length;
      },
      address: () => address,
      send,
      sendBatch: (datagrams, from, to) => {
        this.batches.push(to - from);
        return send(datagrams[from]);
      },
      remoteAddress: () => this.nameless || this.peer,
      connect: (to, port) => {
        if (this.answer < 0) return this.answer;
        this.peer = { ...address, address: to, port };
        return 0;
      },
      disconnect: () => {
        if (this.answer < 0) return this.answer;
        this.peer = -107;
        return 0;
      },
      set: done,
      get: done,
      setMulticastInterface: done,
      join: done,
      leave: done,
      ref: () => {
        this.referenced = true;
      },
      unref: () => {
        this.referenced = false;
      },
      pause: () => {
        this.paused = true;
        return 0;
      },
      resume: () => {
        this.paused = false;
        this.resumed++;
      },
      close: (after) => {
        this.closed++;
        after();
      },
    };
  }
}
