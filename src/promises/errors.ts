/** The errors of this entry; all others are the core's. */
import type { RequestTimeoutError } from "./types.ts";

/** An inbox whose policy is to throw had no room. */
export function inboxFull(limit: number): Error {
  const error = new Error(`The inbox is full: ${limit} datagrams wait to be read`);
  return Object.assign(error, { code: "ERR_SOCKET_DGRAM_INBOX_FULL" });
}

/** The error of a batch of one datagram, which has no place in it. */
export function withoutPlace(error: { index?: number; sent?: number }): unknown {
  delete error.index;
  delete error.sent;
  return error;
}

/** No datagram that matches came in time. */
export function requestTimeout(attempts: number, milliseconds: number, peer: string): RequestTimeoutError {
  const sent = `${attempts} ${attempts === 1 ? "datagram" : "datagrams"}`;
  const error = new Error(`No answer from ${peer} to ${sent} within ${milliseconds} ms`);
  return Object.assign(error, { code: "ERR_SOCKET_DGRAM_REQUEST_TIMEOUT" as const, attempts });
}
