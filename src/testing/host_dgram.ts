import type { Backend } from "../core/backend.ts";
import { nothingElse } from "../core/nothing_else.ts";
import { backendHere } from "../core/runtime_backend.ts";
import { type Dgram, socketsOver } from "../core/socket.ts";
import { isObject } from "../core/validate.ts";
import type { HostDgram } from "./host_types.ts";

/** One class for the sockets of all hosts, since engines are slow where they have seen many. Each is given its backend. */
let shared: Dgram | undefined;

/** The module, with sockets of this backend. */
export function dgramOver(backend: Backend): HostDgram {
  const { createSocket } = shared ??= socketsOver(backend);
  let own: Dgram["Socket"] | undefined;
  return {
    createSocket: (options: unknown, listener?: unknown) =>
      createSocket(withBackend(options, backend) as "udp4", listener as () => void),
    // Hardly anybody asks for it, and there may be very many hosts.
    get Socket() {
      return own ??= classOver(backend);
    },
    capabilities: backend.capabilities,
  };
}

function classOver(backend: Backend): Dgram["Socket"] {
  const Shared = shared!.Socket as unknown as (this: object, options: unknown, listener: unknown) => void;
  const named = {
    // As that of the core: `Socket.call(this, …)` and util.inherits work.
    Socket: function (this: object, options: unknown, listener: unknown): void {
      Shared.call(this, withBackend(options, backend), listener);
    },
  };
  Object.setPrototypeOf(named.Socket, Shared);
  named.Socket.prototype = Shared.prototype;
  return named.Socket as unknown as Dgram["Socket"];
}

/** The context's backend comes before the host's, and that of the options before both. */
function withBackend(options: unknown, host: Backend): unknown {
  const backend = backendHere() ?? host;
  if (!isObject(options)) return nothingElse({ type: options, backend });
  return (options as { backend?: Backend }).backend ? options : Object.create(options, { backend: { value: backend } });
}
