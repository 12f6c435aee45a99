/**
 * struct mmsghdr and struct iovec as 32-bit words, on 64-bit little-endian Linux: name (pointer), namelen, iov
 * (pointer), iovlen, control (pointer), controllen, flags, and then the message's length.
 */

/** The size of a struct mmsghdr. */
export const HEADER_WORDS = 16;
/** The size of a struct iovec. */
export const IOVEC_WORDS = 4;
/** Where msg_namelen is. */
export const NAME_LENGTH = 2;
/** Where msg_control is. */
export const CONTROL = 8;
/** Where msg_controllen is. */
export const CONTROL_LENGTH = 10;
/** Where msg_flags is. */
export const FLAGS = 12;
/** Where msg_len is. */
export const LENGTH = 14;

/** Writes 64 bits: an address, or a size, of less than 2^53. */
export function writeLong(words: Int32Array, at: number, value: number): void {
  // What is stored is taken modulo 2^32.
  words[at] = value;
  words[at + 1] = value / 2 ** 32;
}
