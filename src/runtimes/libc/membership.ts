/**
 * Multicast memberships and the multicast interface, with the choices that libuv makes: the group's family, not the
 * socket's, decides the call; an IPv4 interface is given by its address, an IPv6 one by the scope of `::%scope`.
 */
import type { Membership } from "../../core/backend.ts";
import { readIPv4 } from "../../core/address_text.ts";
import { EINVAL } from "./error_numbers.ts";
import type { SystemCalls } from "./system_calls.ts";
import { IPV4_SIZE, IPV6_SIZE } from "./socket_addresses.ts";

/** Joins the group, or leaves it. */
export function changeMembership(libc: SystemCalls, fd: number, membership: Membership, join: boolean): number {
  const { group, source } = membership;
  libc.request.bytes.fill(0);
  const family = literalFamily(libc, group);
  if (family === 0 || (source !== undefined && literalFamily(libc, source) !== family)) return -EINVAL;
  if (family === 4) {
    return source === undefined ? anyIPv4(libc, fd, membership, join) : sourceIPv4(libc, fd, membership, source, join);
  }
  return source === undefined ? anyIPv6(libc, fd, membership, join) : sourceIPv6(libc, fd, membership, source, join);
}

/** Chooses the interface of outgoing multicast. */
export function setMulticastInterface(libc: SystemCalls, fd: number, address: string): number {
  const { structs } = libc.layout;
  const { bytes, view } = libc.request;
  if (readIPv4(address, bytes, 0)) {
    return libc.setStruct(fd, structs.ipv4Level, structs.ipv4MulticastInterface, libc.request, 4);
  }
  const index = scopeOf(libc, address);
  if (index < 0) return -EINVAL;
  view.setUint32(0, index, true);
  return libc.setStruct(fd, structs.ipv6Level, structs.ipv6MulticastInterface, libc.request, 4);
}

function anyIPv4(libc: SystemCalls, fd: number, { group, interface: local }: Membership, join: boolean): number {
  const { structs } = libc.layout;
  const { bytes } = libc.request;
  readIPv4(group, bytes, 0);
  if (local !== undefined && !readIPv4(local, bytes, 4)) return -EINVAL;
  return libc.setStruct(fd, structs.ipv4Level, join ? structs.ipv4Join : structs.ipv4Leave, libc.request, 8);
}

function sourceIPv4(libc: SystemCalls, fd: number, membership: Membership, source: string, join: boolean): number {
  const { structs } = libc.layout;
  const { bytes } = libc.request;
  const at = structs.sourceRequest;
  readIPv4(membership.group, bytes, at.group);
  readIPv4(source, bytes, at.source);
  const local = membership.interface;
  if (local !== undefined && !readIPv4(local, bytes, at.interface)) return -EINVAL;
  const name = join ? structs.ipv4JoinSource : structs.ipv4LeaveSource;
  return libc.setStruct(fd, structs.ipv4Level, name, libc.request, 12);
}

function anyIPv6(libc: SystemCalls, fd: number, { group, interface: local }: Membership, join: boolean): number {
  const { structs } = libc.layout;
  const { bytes, view } = libc.request;
  const index = local === undefined ? 0 : scopeOf(libc, local);
  if (index < 0) return -EINVAL;
  libc.addresses.write(6, group, 0, libc.name.bytes);
  bytes.set(libc.name.bytes.subarray(8, 24));
  view.setUint32(16, index, true);
  return libc.setStruct(fd, structs.ipv6Level, join ? structs.ipv6Join : structs.ipv6Leave, libc.request, 20);
}

function sourceIPv6(libc: SystemCalls, fd: number, membership: Membership, source: string, join: boolean): number {
  const { structs } = libc.layout;
  const { bytes, view } = libc.request;
  const at = structs.groupSourceRequest;
  const index = membership.interface === undefined ? 0 : scopeOf(libc, membership.interface);
  if (index < 0) return -EINVAL;
  view.setUint32(0, index, true);
  libc.addresses.write(6, membership.group, 0, bytes.subarray(at.group, at.group + IPV6_SIZE));
  libc.addresses.write(6, source, 0, bytes.subarray(at.source, at.source + IPV6_SIZE));
  const name = join ? structs.ipv6JoinSource : structs.ipv6LeaveSource;
  return libc.setStruct(fd, structs.ipv6Level, name, libc.request, at.size);
}

function literalFamily(libc: SystemCalls, text: string): 0 | 4 | 6 {
  const size = libc.addresses.write(4, text, 0, libc.name.bytes) || libc.addresses.write(6, text, 0, libc.name.bytes);
  return size === IPV4_SIZE ? 4 : size === IPV6_SIZE ? 6 : 0;
}

// The interface's number, 0 without a scope or with an unknown one, -1 if the text is no IPv6 address.
function scopeOf(libc: SystemCalls, text: string): number {
  if (libc.addresses.write(6, text, 0, libc.name.bytes) === 0) return -1;
  return libc.name.view.getUint32(24, true);
}
