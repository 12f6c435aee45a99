/** What goes wrong on a host itself: the options, and their checks. */
import { getErrno } from "../core/errors.ts";
import { invalidArgType, invalidArgValue, outOfRange } from "../core/errors.ts";
import { isObject, validateNumber, validateObject, validateString } from "../core/validate.ts";
import { type Duration, PER_MILLISECOND, toTime } from "./duration.ts";
import { type LossModel, type LossOptions, readLoss } from "./loss.ts";
import { checkKnown } from "./read_options.ts";

/** What goes wrong on a host itself, for {@linkcode NetworkHost.fail}. */
export interface HostFaults {
  /**
   * Sends fail with this code, such as `"EPERM"`. With `"EAGAIN"` and `"ENOBUFS"` they wait for `room`, as with a kernel;
   * 1 ms if left out.
   */
  send?: string | { readonly code: string; readonly part?: number | LossOptions; readonly room?: Duration } | undefined;
  /** Binds fail with this code, such as `"EMFILE"`, `"EACCES"` or `"EADDRINUSE"`. */
  bind?: string | { readonly code: string; readonly part?: number | LossOptions } | undefined;
  /**
   * Look-ups fail with this code, such as `"ENOTFOUND"` or `"EAI_AGAIN"`, after `delay`, or `"hang"`: they never answer.
   * Without a code they are only late. `names` are those that it is about; all if left out.
   */
  lookup?:
    | string
    | {
      readonly code?: string;
      readonly part?: number | LossOptions;
      readonly delay?: Duration;
      readonly names?: readonly string[];
    }
    | undefined;
  /**
   * Its clock is off by so many milliseconds, and from now on goes faster by so many millionths (`drift`), or slower if it is
   * negative: its `clock`, the module's own timers on it, and with `net.clock.install()` what its programs read.
   */
  clock?: { readonly offset?: number; readonly drift?: number } | undefined;
}

/** Fails so much of something. */
export interface ReadFailure {
  readonly model: () => LossModel;
  /** "hang", or "" if nothing fails. */
  readonly code: string;
  /** Tenths of a microsecond. */
  readonly time: number;
  readonly names: readonly string[] | undefined;
}

/** The same, read. */
export interface ReadHostFaults {
  readonly send?: ReadFailure;
  readonly bind?: ReadFailure;
  readonly lookup?: ReadFailure;
  readonly clock?: { readonly offset: number; readonly drift: number };
}

const UNKNOWN = -4094;
const ALWAYS = 1;

export function readHostFaults(faults: HostFaults): ReadHostFaults {
  validateObject(faults, "faults");
  checkKnown(faults, ["send", "bind", "lookup", "clock"], "faults");
  const { send, bind, lookup, clock } = faults;
  return {
    ...send === undefined ? {} : { send: readFailure(send, ["code", "part", "room"], "faults.send") },
    ...bind === undefined ? {} : { bind: readFailure(bind, ["code", "part"], "faults.bind") },
    ...lookup === undefined
      ? {}
      : { lookup: readFailure(lookup, ["code", "part", "delay", "names"], "faults.lookup", ["hang", ""]) },
    ...clock === undefined ? {} : { clock: readClock(clock) },
  };
}

interface AnyFailure {
  readonly code?: string;
  readonly part?: number | LossOptions;
  readonly room?: Duration;
  readonly delay?: Duration;
  readonly names?: readonly string[];
}

function readFailure(
  given: string | AnyFailure,
  known: readonly string[],
  name: string,
  more: readonly string[] = [],
): ReadFailure {
  const failure: AnyFailure = typeof given === "string" ? { code: given } : given;
  if (!isObject(failure)) throw invalidArgType(name, "a code, or an object", given);
  checkKnown(failure, known, name);
  const { code = more.at(-1), part = ALWAYS, names } = failure;
  validateString(code, `${name}.code`);
  if (!more.includes(code) && getErrno(code === "ENOTFOUND" ? "EAI_NONAME" : code) === UNKNOWN) {
    throw invalidArgValue(`${name}.code`, "must be the code of a system error, such as 'EPERM'", code);
  }
  if (names !== undefined && !Array.isArray(names)) {
    throw invalidArgType(`${name}.names`, "a list of names", names);
  }
  const time = failure.delay ?? failure.room;
  return {
    model: readLoss(part, `${name}.part`),
    code,
    time: time === undefined
      ? known.includes("room") ? PER_MILLISECOND : 0
      : toTime(time, `${name}.${known.includes("room") ? "room" : "delay"}`),
    names,
  };
}

function readClock(clock: NonNullable<HostFaults["clock"]>): { offset: number; drift: number } {
  validateObject(clock, "faults.clock");
  checkKnown(clock, ["offset", "drift"], "faults.clock");
  const { offset = 0, drift = 0 } = clock;
  for (const [name, value] of Object.entries({ offset, drift })) {
    validateNumber(value, `faults.clock.${name}`);
    if (!Number.isFinite(value)) throw outOfRange(`faults.clock.${name}`, "a finite number", value);
  }
  if (drift <= -1_000_000) throw outOfRange("faults.clock.drift", "> -1,000,000: a clock does not stand still", drift);
  return { offset: Math.round(offset * PER_MILLISECOND), drift: drift / 1_000_000 };
}
