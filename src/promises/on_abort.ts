/** One listener a signal, however many wait for it: Node 18 and 20 warn of a leak at the eleventh. */
const listeners: WeakMap<AbortSignal, Set<() => void>> = new WeakMap();

/** Calls back once when the signal is aborted. What it answers takes that back, and leaves nothing on the signal. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let callbacks = listeners.get(signal);
  if (callbacks === undefined) {
    callbacks = new Set();
    listeners.set(signal, callbacks);
    signal.addEventListener("abort", callAll);
  }
  // A function of its own: the same callback may be given twice.
  const call = (): void => callback();
  callbacks.add(call);
  return () => {
    callbacks.delete(call);
    if (callbacks.size === 0 && listeners.get(signal) === callbacks) forget(signal);
  };
}

function callAll(event: Event): void {
  const signal = event.target as AbortSignal;
  const callbacks = listeners.get(signal);
  forget(signal);
  for (const callback of callbacks ?? []) callback();
}

function forget(signal: AbortSignal): void {
  listeners.delete(signal);
  signal.removeEventListener("abort", callAll);
}

/** Settles as `work` does, or rejects with the signal's reason when that is aborted before. */
export function untilAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((done, fail) => {
    const stop = onAbort(signal, () => fail(signal.reason));
    // A look-up of the user's may have aborted it by now.
    if (signal.aborted) fail(signal.reason);
    work.then(done, fail).finally(stop);
  });
}
