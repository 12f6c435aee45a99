/** Datagrams whose sender is not who they say. */
import { toBytes } from "../core/bytes.ts";
import { invalidArgType, invalidArgValue } from "../core/errors.ts";
import { validateObject, validatePort, validateString } from "../core/validate.ts";
import type { HostStack } from "./host_stack.ts";
import { type IPAddress, readAddress } from "./ip_address.ts";
import { unsentPacket } from "./packet.ts";
import { checkKnown } from "./read_options.ts";

/** Where a datagram says that it comes from, and where it goes. */
export interface ForgedDatagram {
  /** What it carries. */
  data: string | ArrayBufferView;
  /** Whose it pretends to be; no host need have the address, and the port may be 0. */
  source: { readonly address: string; readonly port: number };
  /** Whom it goes to: the address of one host. */
  destination: { readonly address: string; readonly port: number };
}

/** Has a packet leave that no socket of the host has sent. */
export function forge(stack: HostStack, datagram: ForgedDatagram): void {
  validateObject(datagram, "datagram");
  checkKnown(datagram, ["data", "source", "destination"], "datagram");
  const data = toBytes(datagram.data);
  if (data === null) throw invalidArgType("datagram.data", "of type string or an ArrayBufferView", datagram.data);
  const source = readEnd(datagram.source, "datagram.source", true);
  const destination = readEnd(datagram.destination, "datagram.destination", false);
  const { wire } = stack;
  const through = stack.interfaces.outward(destination.family);
  if (source.family !== destination.family || through === undefined) {
    throw invalidArgValue("datagram", "must be of one family, which the host has", datagram);
  }
  const ends = {
    family: destination.family,
    source: source.text,
    sourcePort: source.port,
    destination: destination.text,
    port: destination.port,
  };
  const packet = unsentPacket(wire.nextId(), ends, data, through.mtu);
  if (wire.tracing) wire.tell(packet, stack, "sent");
  wire.carry(packet, stack, through, "unicast");
}

function readEnd(end: unknown, name: string, allowZero: boolean): IPAddress & { readonly port: number } {
  validateObject(end, name);
  const { address, port } = end as { address: unknown; port: unknown };
  validateString(address, `${name}.address`);
  const read = readAddress(address);
  if (read === null) throw invalidArgValue(`${name}.address`, "must be a numeric IP address", address);
  return { ...read, port: validatePort(port, `${name}.port`, allowZero) };
}
