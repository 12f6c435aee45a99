import {
  ACCESS_DENIED,
  type Backend,
  type Capabilities,
  type Feature,
  type Handle,
  type Host,
  type OpenOptions,
  type Support,
  UNAVAILABLE,
  type WrongFdType,
} from "../../core/backend.ts";
import { getErrno } from "../../core/errors.ts";
import { denoFeatures } from "./features.ts";
import { DenoHandle } from "./handle.ts";
import { sameFor } from "../common/feature_table.ts";
import { openDenoNode } from "./node_backend.ts";
import { needsTwoSockets } from "./dual_stack.ts";
import { usable } from "./interface.ts";
import { denoNotes, needsFFI } from "./notes.ts";
import { mayUseHost } from "./permissions.ts";
import { hasSetter, type Setter } from "./setters.ts";
import { type DatagramConn, deno } from "./types.ts";
import { errnoOf } from "../common/errno.ts";

/** Deno over `Deno.listenDatagram`, which `--unstable-net` brings. */
export function denoBackend(): Backend {
  return { name: "deno", capabilities: denoCapabilities(), open };
}

function open(options: OpenOptions, host: Host): Handle | WrongFdType | number {
  const { port, fd, ipv6Only, reuseAddr, reusePort } = options;
  const address = usable(options.address);
  // listenDatagram has neither.
  if (ipv6Only || fd !== undefined || needsTwoSockets(options)) return openDenoNode(options, host);
  if (reusePort) return UNAVAILABLE;
  // Asked before, since Deno would prompt.
  if (!mayUseHost(address, port)) return ACCESS_DENIED;
  let conn: DatagramConn;
  try {
    conn = deno!.listenDatagram!({
      transport: "udp",
      hostname: address,
      port,
      reuseAddress: reuseAddr,
      // Off unless asked for, which is on everywhere else.
      loopback: true,
    });
  } catch (error) {
    const errno = errnoOf(error);
    // Deno 2.9.5 sets options that nobody asked for, which a sandbox may refuse. Its node:dgram sets none of them.
    return [getErrno("ENOPROTOOPT"), getErrno("EPERM")].includes(errno) ? openDenoNode(options, host) : errno;
  }
  return new DenoHandle(conn, { ...options, address }, host);
}

function denoCapabilities(): Capabilities {
  const needs = needsFFI();
  const common = denoNotes(needs);
  const instead = `${needs}, or a socket without listenDatagramBackend()`;
  const features = denoFeatures(
    sameFor(["multicastInterface", "sourceSpecificMembership", "ttl"], "unavailable"),
  );
  const notes: Partial<Record<Feature, string | undefined>> = {
    ...common,
    closeInTurn: `${common.closeInTurn}; a datagram that the kernel has no room for holds the port, and the process, ` +
      "until it has",
    membership: "an IPv6 group on a named interface needs --allow-sys and its link-local address; where " +
      "--allow-net covers no port of the loopback address a refused join is told by an 'error' event",
    multicastInterface: instead,
    sendErrors: `of a descriptor, and with ipv6Only, what a route or a firewall refuses is ENETUNREACH; the kernel's ` +
      `own ${needs}`,
    sourceSpecificMembership: instead,
    ttl: instead,
  };
  ifThere(features, "broadcast", "setBroadcast");
  ifThere(features, "membership", "dropMembership");
  ifThere(features, "multicastLoopback", "setMultiLoopback");
  ifThere(features, "multicastTTL", "setMulticastTTL", "emulated");
  return { runtime: "deno", backend: "deno", features, notes };
}

/** Whether this Deno has a method shows in an open socket only: it is looked at when somebody asks. */
function ifThere(
  features: Record<Feature, Support>,
  feature: Feature,
  setter: Setter,
  there: Support = "native",
): void {
  Object.defineProperty(features, feature, {
    enumerable: true,
    get: () => hasSetter(setter) ? there : "unavailable",
  });
}
