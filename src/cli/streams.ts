/** What the tool writes to: a stream of the process, or a test's own. */
export interface Output {
  /** Writes text. */
  write(text: string): unknown;
  /** True on a terminal. */
  readonly isTTY?: boolean;
  /** The terminal's width. */
  readonly columns?: number;
}

/** What the tool reads from. */
export interface Input extends AsyncIterable<Uint8Array | string> {
  /** True if somebody types it. */
  readonly isTTY?: boolean;
  /** Ends it early. */
  destroy(): unknown;
}

/** All that a run has to do with its surroundings, apart from the network. */
export interface Streams {
  /** For results. */
  readonly stdout: Output;
  /** For errors and remarks. */
  readonly stderr: Output;
  /** Called only by what reads standard input. */
  stdin(): Input;
  /** Whether results are coloured. */
  readonly colour: boolean;
  /** Ends the run; a reason that is a number is its exit code, and 130 any other. */
  readonly signal: AbortSignal;
}
