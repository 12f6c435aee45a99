import { readIPv4, readIPv6 } from "../core/address_text.ts";
import type { DatagramInfo, Family } from "../core/backend.ts";
import { invalidArgValue } from "../core/errors.ts";
import { validateInteger, validateString } from "../core/validate.ts";
import type { SendInfo } from "./types.ts";

const MAX_INT = 0x7fffffff;

/** SendInfo as it is read, once. */
export function readInfo(info: SendInfo, family: Family): DatagramInfo {
  const { source, interfaceIndex, hopLimit, trafficClass, ecn } = info;
  if (source !== undefined) {
    validateString(source, "source");
    if (!isOf(family, source)) throw invalidArgValue("source", `must be an IPv${family} address`, source);
  }
  return {
    source,
    interfaceIndex: number(interfaceIndex, "interfaceIndex", 1, MAX_INT),
    hopLimit: number(hopLimit, "hopLimit", 1, 255),
    trafficClass: number(trafficClass, "trafficClass", 0, 255),
    ecn: number(ecn, "ecn", 0, 3),
  };
}

function number(value: unknown, name: string, least: number, most: number): number {
  if (value === undefined) return -1;
  validateInteger(value, name, least, most);
  return value;
}

/** An IPv6 socket may have IPv4 peers, and leave from an IPv4 address. */
function isOf(family: Family, source: string): boolean {
  const bytes = new Uint8Array(16);
  const isIPv4 = readIPv4(source, bytes, 0);
  return family === 4 ? isIPv4 : isIPv4 || readIPv6(source.split("%")[0], bytes, 0);
}
