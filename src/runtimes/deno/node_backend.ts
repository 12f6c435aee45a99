import {
  ACCESS_DENIED,
  type Backend,
  type Capabilities,
  type Handle,
  type Host,
  type OpenOptions,
  UNAVAILABLE,
  type WrongFdType,
} from "../../core/backend.ts";
import { type Adopted, adoptGiven } from "./adopt.ts";
import { needsTwoSockets, openDualStack } from "./dual_stack.ts";
import { denoFeatures } from "./features.ts";
import { usable } from "./interface.ts";
import { DenoNodeHandle } from "./node_handle.ts";
import { denoNotes, needsFFI } from "./notes.ts";
import { opened } from "./open_sockets.ts";
import { mayUseHost, mayUseNetwork } from "./permissions.ts";
import { errnoOf } from "../common/errno.ts";
import { sameFor } from "../common/feature_table.ts";

/** Deno over its own node:dgram. */
export function denoNodeBackend(): Backend {
  return { name: "deno-node", capabilities: denoNodeCapabilities(), open: openDenoNode };
}

/** Opens a socket of Deno's node:dgram. Without what `Deno.listenDatagram` has, but with ipv6Only and descriptors. */
export function openDenoNode(options: OpenOptions, host: Host): Handle | WrongFdType | number {
  if (needsTwoSockets(options)) return openDualStack(options, host, openDenoNode);
  const { port, fd } = options;
  const address = usable(options.address);
  if (options.reusePort) return UNAVAILABLE;
  // Asked before, since Deno would prompt.
  if (fd === undefined ? !mayUseHost(address, port) : !mayUseNetwork()) return ACCESS_DENIED;
  const handle = new DenoNodeHandle({ ...options, address }, host);
  const { inner } = handle;
  let result: Adopted | WrongFdType | number = 0;
  inner.once("error", (error) => result = errnoOf(error));
  try {
    if (fd === undefined) inner.bind(port, address);
    else result = adoptGiven(inner, fd);
  } catch (error) {
    result = errnoOf(error);
  }
  if (result === 0) {
    opened(handle);
    return handle.listen();
  }
  if (typeof result === "object" && "wrap" in result) return handle.listen(result.wrap, result.release);
  inner.close();
  return result;
}

function denoNodeCapabilities(): Capabilities {
  const needs = needsFFI();
  return {
    runtime: "deno",
    backend: "deno-node",
    features: denoFeatures(
      sameFor(["membership", "multicastInterface", "sendErrors", "sourceSpecificMembership", "ttl"], "emulated"),
    ),
    notes: {
      ...denoNotes(needs),
      multicastInterface: `an IPv4 address on a udp6 socket ${needs}`,
      membership: `why one is refused is inferred, since Deno tells no errno; an IPv4 group on a udp6 socket ${needs}`,
      sendErrors:
        `what a route or a firewall refuses is ENETUNREACH, since Deno tells no errno; the kernel's own ${needs}`,
      sourceSpecificMembership: `on udp6 sockets it ${needs}`,
      ttl: `on udp6 sockets it ${needs}`,
    },
  };
}
