/** Reads a command's arguments; whatever is wrong with them is a UsageError. */
import { parseArgs } from "node:util";
import type { Option } from "./command.ts";
import { UsageError } from "./failure.ts";

/** The options of every command. */
export const COMMON: Readonly<Record<string, Option>> = {
  json: { type: "boolean", about: "one JSON object a line" },
  help: { type: "boolean", short: "h", about: "this text" },
};

/** The options of commands that open a socket of either family. */
export const FAMILY: Readonly<Record<string, Option>> = {
  ipv4: { type: "boolean", short: "4", about: "IPv4 only" },
  ipv6: { type: "boolean", short: "6", about: "IPv6 only" },
};

/** A port; 0 only where the kernel may choose. */
export function parsePort(text: string, min: 0 | 1 = 1): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port < min || port > 65535) throw new UsageError(`not a port: ${JSON.stringify(text)} (${min} to 65535)`);
  return port;
}

/** What was given to a command. */
export class Arguments {
  readonly #values: Readonly<Record<string, unknown>>;
  /** What is no option. */
  readonly positionals: readonly string[];

  constructor(values: Readonly<Record<string, unknown>>, positionals: readonly string[]) {
    this.#values = values;
    this.positionals = positionals;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === "string" ? value : undefined;
  }

  /** A whole number, or undefined if the option is not there. */
  integer(name: string, min: number, max: number = Number.MAX_SAFE_INTEGER): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : -1;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`;
    throw new UsageError(`not a number for --${name}: ${JSON.stringify(text)} (${range})`);
  }

  /** Seconds, in milliseconds; or undefined if the option is not there. */
  seconds(name: string): number | undefined {
    const text = this.text(name);
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

/** Reads them; `usage` is how the command is called. */
export function parseArguments(
  argv: readonly string[],
  options: Readonly<Record<string, Option>>,
  [least, most]: readonly [number, number],
  usage: string,
): Arguments {
  const known = Object.entries({ ...options, ...COMMON }).map(([name, { type, short }]) =>
    [name, short === undefined ? { type } : { type, short }] as const
  );
  let parsed: { values: Readonly<Record<string, unknown>>; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...argv], options: Object.fromEntries(known), allowPositionals: true, strict: true });
  } catch (error) {
    // The first sentence says what is wrong; the rest of Node's text is advice on "--".
    const [sentence] = (error as Error).message.split(/\.\s/);
    throw new UsageError(sentence[0].toLowerCase() + sentence.slice(1).replace(/\.$/, ""));
  }
  const { values, positionals } = parsed;
  if (!values.help && positionals.length < least) throw new UsageError(`an argument is missing: ${usage}`);
  if (positionals.length > most) throw new UsageError(`unexpected argument: ${JSON.stringify(positionals[most])}`);
  return new Arguments(values, positionals);
}
