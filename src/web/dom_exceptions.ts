/** The errors that the specification names. */

/** What the system refused. Its `cause` is the error of the system call, with a code. */
export function networkError(cause: unknown): DOMException {
  const exception = new DOMException(cause instanceof Error ? cause.message : String(cause), "NetworkError");
  // The constructor takes no cause on all runtimes.
  Object.defineProperty(exception, "cause", { value: cause, configurable: true, enumerable: false, writable: true });
  return exception;
}

/** What can't be done in the state that the socket is in. */
export function invalidStateError(message: string): DOMException {
  return new DOMException(message, "InvalidStateError");
}
