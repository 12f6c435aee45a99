import type { Backend, Capabilities } from "../core/backend.ts";
import { CoreClock } from "./clock.ts";
import type { Skew } from "./skew.ts";
import type { HostStack } from "./host_stack.ts";
import { openSocket } from "./open_socket.ts";
import type { Names } from "./names.ts";

/**
 * What sockets on a simulated host are made of.
 *
 * @param runtime the name of the runtime, for what its users are told
 */
export function hostBackend(stack: HostStack, names: Names, runtime: string, skew: Skew): Backend {
  const ask: Required<Backend>["lookup"] = (hostname, family, callback) => names.lookUp(hostname, family, callback);
  return {
    name: "memory",
    capabilities: memoryCapabilities(runtime),
    clock: new CoreClock(stack.wire.timeline, stack.name, skew),
    lookup: (hostname, family, callback) => {
      if (stack.failures?.lookUp(hostname, family, callback, ask) !== true) ask(hostname, family, callback);
    },
    open: (options, host) => openSocket(stack, options, host),
  };
}

/** Very many hosts have them in common. */
let capabilities: Capabilities | undefined;

function memoryCapabilities(runtime: string): Capabilities {
  return capabilities ??= {
    runtime,
    backend: "memory",
    features: {
      bindSync: "native",
      bindToDevice: "native",
      broadcast: "native",
      closeInTurn: "native",
      cluster: "unavailable",
      connect: "native",
      dontFragment: "native",
      fd: "unavailable",
      icmpErrors: "native",
      ipv6Only: "native",
      linkLocalScope: "native",
      membership: "native",
      multicastInterface: "native",
      multicastLoopback: "native",
      multicastTTL: "native",
      pathMTU: "native",
      pause: "native",
      receiveInfo: "native",
      receiveOffload: "emulated",
      recvBufferSize: "native",
      reuseAddr: "native",
      reusePort: "native",
      sendBatch: "native",
      sendBufferSize: "native",
      sendErrors: "native",
      sendInTurn: "native",
      sendOffload: "emulated",
      sourcePortZero: "unavailable",
      sourceSpecificMembership: "native",
      trafficClass: "native",
      ttl: "native",
    },
    notes: {
      cluster: "a host in memory is of one process, and shares no socket with others",
      fd: "a socket in memory has no descriptor",
      receiveOffload: "datagrams in memory are not joined: each is received by itself",
      sendOffload: "datagrams in memory are not cut by a kernel: each is sent by itself",
      sourcePortZero: "nothing sends from port 0 in memory",
    },
  };
}
