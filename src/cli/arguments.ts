/** Reads a command's arguments; whatever is wrong with them is a UsageError. */
import { parseArgs } from "node:util";
import { UsageError } from "./failure.ts";

/** An option of a command, as `parseArgs` takes it and as its help shows it. */
export interface Option {
  /** Whether a value follows. */
  readonly type: "string" | "boolean";
  /** Its one-letter form. */
  readonly short?: string;
  /** How the help names the value. */
  readonly value?: string;
  /** What the help says. */
  readonly about: string;
}

/** The options of every command. */
export const COMMON: Readonly<Record<string, Option>> = {
  json: { type: "boolean", about: "one JSON object a line" },
  ffi: { type: "boolean", about: "system calls through FFI, as @x/dgram/ffi makes them on Node" },
  help: { type: "boolean", short: "h", about: "this text" },
};

/** The options of commands that open a socket of either family. */
export const FAMILY: Readonly<Record<string, Option>> = {
  ipv4: { type: "boolean", short: "4", about: "IPv4 only" },
  ipv6: { type: "boolean", short: "6", about: "IPv6 only" },
};

/** Of commands that hear both families. */
export const LISTENING_ADDRESS: Readonly<Record<string, Option>> = {
  address: {
    type: "string",
    short: "a",
    value: "ADDRESS",
    about: "the local address; all, of IPv4 and IPv6, if left out",
  },
};

/** A port; 0 only where the kernel may choose. */
export function parsePort(text: string, min: 0 | 1 = 1): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port < min || port > 65535) throw new UsageError(`not a port: ${JSON.stringify(text)} (${min} to 65535)`);
  return port;
}

/** What was given for an option: a value, or that it is there. */
interface Given {
  readonly value: string | true;
  /** Joined to its option by "=", or to its letter: it may begin with a dash then. */
  readonly joined?: boolean | undefined;
}

/** What was given to a command. */
export class Arguments {
  readonly #options: Readonly<Record<string, Option>>;
  readonly #given: ReadonlyMap<string, Given>;
  /** What is no option. */
  readonly positionals: readonly string[];

  constructor(
    options: Readonly<Record<string, Option>>,
    given: ReadonlyMap<string, Given>,
    positionals: readonly string[],
  ) {
    this.#options = options;
    this.#given = given;
    this.positionals = positionals;
  }

  flag(name: string): boolean {
    return this.#given.has(name);
  }

  /** Any text; what begins with a dash is taken for the next option, unless it is joined to this one or is a dash alone. */
  text(name: string): string | undefined {
    const value = this.#value(name);
    if (value === undefined || this.#given.get(name)!.joined || value === "-" || !value.startsWith("-")) return value;
    const what = this.#options[name].value;
    throw new UsageError(
      `--${name} needs a value (${what}); one that begins with a dash is joined: --${name}=${value}`,
    );
  }

  #value(name: string): string | undefined {
    const value = this.#given.get(name)?.value;
    return value === true ? undefined : value;
  }

  /** A whole number, or undefined if the option is not there. */
  integer(name: string, min: number, max: number = Number.MAX_SAFE_INTEGER): number | undefined {
    const text = this.#value(name);
    if (text === undefined) return undefined;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : -1;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`;
    throw new UsageError(`not a number for --${name}: ${JSON.stringify(text)} (${range})`);
  }

  /** Seconds, in milliseconds; or undefined if the option is not there. */
  seconds(name: string): number | undefined {
    const text = this.#value(name);
    if (text === undefined) return undefined;
    const value = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) * 1000 : -1;
    // A timer can't be set further than 2^31 milliseconds ahead.
    if (value >= 1 && value < 2 ** 31) return value;
    throw new UsageError(`not a number of seconds for --${name}: ${JSON.stringify(text)} (0.001 to 2147483)`);
  }

  /** 4 or 6 if one was asked for. */
  family(): 4 | 6 | undefined {
    if (this.flag("ipv4") && this.flag("ipv6")) throw new UsageError("--ipv4 and --ipv6 exclude each other");
    return this.flag("ipv4") ? 4 : this.flag("ipv6") ? 6 : undefined;
  }
}

/** Reads them; `name` and `usage` are how the command is called. */
export function parseArguments(
  argv: readonly string[],
  { options: own, positionals: [least, most] }: {
    readonly options: Readonly<Record<string, Option>>;
    readonly positionals: readonly [number, number];
  },
  name: string,
  usage: string,
): Arguments {
  const options = { ...own, ...COMMON };
  // In its strict mode it has words of its own for what is wrong, and takes `--count -1` for two options.
  const { tokens, positionals } = parseArgs({
    args: argv as string[],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const given = new Map<string, Given>();
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    if (!Object.hasOwn(options, token.name)) {
      throw new UsageError(`unknown option: ${JSON.stringify(token.rawName)}; try: ${name} --help`);
    }
    given.set(token.name, givenBy(token, options[token.name]));
  }
  if (!given.has("help") && positionals.length < least) throw new UsageError(`an argument is missing: ${usage}`);
  if (positionals.length > most) throw new UsageError(`unexpected argument: ${JSON.stringify(positionals[most])}`);
  return new Arguments(options, given, positionals);
}

interface OptionToken {
  readonly name: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function givenBy({ name, value, inlineValue }: OptionToken, { type, value: what }: Option): Given {
  if (type === "boolean") {
    if (value === undefined) return { value: true };
    throw new UsageError(`--${name} takes no value: ${JSON.stringify(value)}`);
  }
  if (value === undefined) throw new UsageError(`--${name} needs a value (${what})`);
  return { value, joined: inlineValue };
}
