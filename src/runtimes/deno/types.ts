/** The few members of Deno's namespace that the adapters use, declared by hand: published code imports no runtime's types. */

/** One end of a `DatagramConn`. */
export interface DenoAddress {
  hostname: string;
  port: number;
  transport: "udp";
}

/** What `Deno.listenDatagram` answers. */
export interface DatagramConn {
  readonly addr: DenoAddress;
  receive(buffer: Uint8Array): Promise<[Uint8Array, DenoAddress]>;
  send(data: Uint8Array, to: DenoAddress): Promise<number>;
  joinMulticastV4(group: string, interfaceAddress: string): Promise<unknown>;
  joinMulticastV6(group: string, interfaceIndex: number): Promise<unknown>;
  /** There at run time, though not in Deno's own types (2.9.5). */
  ref?(): void;
  /** There at run time, though not in Deno's own types (2.9.5). */
  unref?(): void;
  close(): void;
}

/** A permission's state. It follows later grants and revocations. */
export interface DenoPermissionStatus {
  readonly state: "granted" | "denied" | "prompt";
  /** Granted in general, with exceptions. */
  readonly partial?: boolean;
}

/** The namespace `Deno`, as far as it is used. */
export interface DenoNamespace {
  /** There with `--unstable-net` only. */
  listenDatagram?(options: {
    transport: "udp";
    hostname: string;
    port: number;
    reuseAddress: boolean | undefined;
    loopback: boolean;
  }): DatagramConn;
  readonly permissions: {
    querySync(descriptor: { name: "net"; host?: string } | { name: "sys"; kind: string }): DenoPermissionStatus;
  };
  readonly version: { readonly deno: string };
  inspect(value: unknown): string;
}

/** The namespace `Deno`; undefined on other runtimes. */
export const deno: DenoNamespace | undefined = (globalThis as { Deno?: DenoNamespace }).Deno;
