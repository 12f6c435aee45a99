/** Opens and binds a socket of a simulated host. */
import type { Host, OpenOptions } from "../core/backend.ts";
import { getErrno } from "../core/errors.ts";
import type { HostStack } from "./host_stack.ts";
import { type IPAddress, readAddress } from "./ip_address.ts";
import type { Binding } from "./port_table.ts";
import { SimulatedSocket } from "./simulated_socket.ts";

/** An errno if that can't be. */
export function openSocket(stack: HostStack, options: OpenOptions, host: Host): SimulatedSocket | number {
  if (!stack.running) return getErrno("ENETDOWN");
  if (stack.isFull) return getErrno("EMFILE");
  const failed = stack.failures?.bind() ?? 0;
  if (failed !== 0) return failed;
  const address = readAddress(options.address)!;
  const binding = bindingOf(stack, address, options);
  if (typeof binding === "number") return binding;
  const socket = new SimulatedSocket(stack, options, address, binding, host);
  return stack.add(socket) ? socket : getErrno("EADDRINUSE");
}

/** Very many sockets are bound to all addresses. */
const ALL_IPV4: Binding = { ipv4: "", ipv6: null };
const ALL_IPV6: Binding = { ipv4: null, ipv6: "" };
const ALL: Binding = { ipv4: "", ipv6: "" };

function bindingOf({ interfaces }: HostStack, address: IPAddress, { family, ipv6Only }: OpenOptions): Binding | number {
  const { reach, mapped, text, scope } = address;
  if (family === 6 && mapped && ipv6Only) return getErrno("EINVAL");
  if (reach === "any") {
    if (family === 4 || mapped) return ALL_IPV4;
    return ipv6Only ? ALL_IPV6 : ALL;
  }
  if (reach === "link-local" && scope === undefined) return getErrno("EINVAL");
  if (scope !== undefined && interfaces.named(scope) === undefined) return getErrno("ENODEV");
  const isHere = reach === "multicast" || interfaces.isBroadcast(address) ||
    interfaces.owning(address) !== undefined;
  if (!isHere) return getErrno("EADDRNOTAVAIL");
  return address.family === 4 ? { ipv4: text, ipv6: null } : { ipv4: null, ipv6: text };
}
