/** What was asked could not be done: one line, exit code 1. */
export class RunError extends Error {
  override readonly name: string = "RunError";
}

/** The tool was called wrongly: one line, exit code 2. */
export class UsageError extends RunError {
  override readonly name = "UsageError";
}

interface SystemError extends Error {
  readonly code?: string;
  readonly syscall?: string;
  readonly address?: string;
  readonly port?: number;
}

const MEANINGS: Record<string, (place: string) => string> = {
  EACCES: (place) => `no permission to use ${place}`,
  EADDRINUSE: (place) => `${place} is in use`,
  EADDRNOTAVAIL: (place) => `${place} is not on this host`,
  ECONNREFUSED: (place) => `nobody listens on ${place}`,
  EHOSTUNREACH: (place) => `no way to ${place}`,
  EMSGSIZE: () => "the datagram is too long",
  ENETUNREACH: (place) => `no way to ${place}`,
  ENODEV: () => "no such network interface",
  ERR_ACCESS_DENIED: (place) => `the runtime's permissions don't cover ${place}; --allow-net would`,
};

/** `127.0.0.1:7000` or `[::1]:7000`. */
export function place(address: string, port: number): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** Words for a failed system call; `target` is what it was about, for errors that don't say. */
export function explain(error: unknown, target = "the address"): string {
  const { code, address, port, syscall, message } = error as SystemError;
  if (syscall === "getaddrinfo" && code !== "ERR_ACCESS_DENIED") return `unknown host: ${target} (${code})`;
  const meaning = code === undefined ? undefined : MEANINGS[code];
  if (!meaning) return message;
  return `${meaning(address === undefined ? target : port ? place(address, port) : address)} (${code})`;
}

/** The same as an error: a name that nobody knows is a wrong call, all else a failed run. */
export function failureOf(error: unknown, target?: string): Error {
  if (error instanceof RunError) return error;
  const { code, syscall } = error as SystemError;
  // What has no code is a defect of this tool, and keeps its stack.
  if (code === undefined) return error as Error;
  const unknownHost = syscall === "getaddrinfo" && code !== "ERR_ACCESS_DENIED";
  return new (unknownHost ? UsageError : RunError)(explain(error, target));
}
