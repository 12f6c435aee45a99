/** What calls answer that can be undone. */

/** Undoes what the call that answered it has done: with `using`, when the block ends. */
export interface Change {
  /** Undoes it. */
  undo(): void;
  /** The same, for `using`. */
  [Symbol.dispose](): void;
}

/** One that undoes all of these, once. */
export function changeOf(...steps: readonly (() => void)[]): Change {
  const left = [...steps];
  const undo = (): void => {
    while (left.length > 0) left.pop()!();
  };
  return { undo, [Symbol.dispose ?? Symbol.for("nodejs.dispose")]: undo } as Change;
}
