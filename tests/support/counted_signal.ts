/** An abort signal that knows how many listeners it has. */
export interface CountedSignal {
  readonly signal: AbortSignal;
  readonly listeners: number;
  abort(reason?: unknown): void;
}

/** Makes one that has not been aborted. */
export function countedSignal(): CountedSignal {
  const controller = new AbortController();
  const { signal } = controller;
  let added: { readonly listener: unknown; readonly once: boolean }[] = [];
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = function (this: AbortSignal, ...given: Parameters<typeof addEventListener>): void {
    const options = given[2];
    added.push({ listener: given[1], once: typeof options === "object" && options.once === true });
    addEventListener.apply(signal, given);
  } as typeof addEventListener;
  signal.removeEventListener = function (this: AbortSignal, ...given: Parameters<typeof removeEventListener>): void {
    added = added.filter(({ listener }) => listener !== given[1]);
    removeEventListener.apply(signal, given);
  } as typeof removeEventListener;
  return {
    signal,
    get listeners() {
      return added.length;
    },
    abort(reason) {
      controller.abort(reason);
      added = added.filter(({ once }) => !once);
    },
  };
}
