/** Counts the timers that anybody in this process sets by the global setTimeout(), from the import on. */

const pending = new Set<unknown>();
let most = 0;

const scope = globalThis as unknown as Record<"setTimeout" | "clearTimeout", (...args: unknown[]) => unknown>;
const { setTimeout, clearTimeout } = scope;

scope.setTimeout = (callback, ...rest): unknown => {
  const timer = setTimeout((...args: unknown[]) => {
    pending.delete(timer);
    (callback as (...args: unknown[]) => void)(...args);
  }, ...rest);
  pending.add(timer);
  most = Math.max(most, pending.size);
  return timer;
};

scope.clearTimeout = (timer): void => {
  pending.delete(timer);
  clearTimeout(timer);
};

/** Those that are set now. */
export function timersNow(): number {
  return pending.size;
}

/** The most that were set at one time. */
export function mostTimers(): number {
  return most;
}
