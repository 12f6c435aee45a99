/** sockaddr_in and sockaddr_in6 of macOS to and from Linux's. */

const [MACOS_INET6, LINUX_INET6, INET] = [30, 10, 2];
const SIZES: Readonly<Record<number, number>> = { [INET]: 16, [MACOS_INET6]: 28 };

/** Linux's form of an address: its size, or 0 if its length or its family is not macOS's. */
export function fromMacos(bytes: Uint8Array, into: Uint8Array): number {
  const [length, family] = bytes;
  if (SIZES[family] !== length || bytes.length < length) return 0;
  into.fill(0);
  into.set(bytes.subarray(0, length));
  into[0] = family === MACOS_INET6 ? LINUX_INET6 : INET;
  into[1] = 0;
  return length;
}

/** macOS's form of an address. */
export function toMacos(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[1] = bytes[0] === LINUX_INET6 ? MACOS_INET6 : bytes[0];
  copy[0] = bytes.length;
  return copy;
}
