import type { BlockList } from "node:net";
import { byteLengthOf, joinBytes, toBytes } from "../core/bytes.ts";
import { invalidArgType, invalidArgValue, outOfRange } from "../core/errors.ts";
import { isIP } from "../core/ip.ts";
import {
  validateBlockList,
  validateFunction,
  validateInteger,
  validateNumber,
  validateObject,
  validatePort,
  validateString,
} from "../core/validate.ts";
import { nothingElse } from "../core/nothing_else.ts";
import { answeringPorts } from "./ports.ts";
import type { Rate } from "./rate_sketch.ts";
import type { GuardOptions, RateOptions, Source, TokenOptions } from "./types.ts";

/** GuardOptions, all of them there. */
export interface ReadOptions {
  readonly amplification: number;
  readonly rate: Rate;
  readonly validatedRate: Rate;
  readonly validFor: number;
  readonly sourcePorts: ReadonlySet<number>;
  readonly samePort: boolean;
  readonly trusted: BlockList | undefined;
  readonly sources: number;
  readonly buckets: number;
}

/** TokenOptions, all of them there but the secrets. */
export interface ReadTokenOptions {
  readonly secrets: readonly Uint8Array[] | undefined;
  readonly lifetime: number;
  readonly rotation: number;
  readonly port: boolean;
  readonly now: () => number;
}

const DAY = 86_400_000;

export function readOptions(options: GuardOptions): ReadOptions {
  validateObject(options, "options");
  const {
    amplification = 3,
    rate,
    validatedRate,
    validFor = 600_000,
    sourcePorts = answeringPorts,
    samePort = false,
    trusted,
    sources = 16_384,
    buckets = 16_384,
  } = options;
  checkNumber(amplification, "options.amplification", 1, 1000);
  validateInteger(validFor, "options.validFor", 1, DAY);
  if (!Array.isArray(sourcePorts)) throw invalidArgType("options.sourcePorts", "an instance of Array", sourcePorts);
  checkBoolean(samePort, "options.samePort");
  if (trusted !== undefined) validateBlockList(trusted, "options.trusted");
  checkPower(sources, "options.sources", 1_048_576);
  checkPower(buckets, "options.buckets", 65_536);
  return {
    amplification,
    rate: readRate(rate, "options.rate", { datagrams: 100, bytes: 150_000, burst: 2000 }),
    validatedRate: readRate(validatedRate, "options.validatedRate", { datagrams: 1000, bytes: 1_500_000, burst: 1000 }),
    validFor,
    sourcePorts: new Set(Array.from(sourcePorts, (port) => validatePort(port, "options.sourcePorts", true))),
    samePort,
    trusted,
    sources,
    buckets,
  };
}

function readRate(options: RateOptions | undefined = nothingElse({}), name: string, otherwise: Rate): Rate {
  validateObject(options, name);
  const { datagrams = otherwise.datagrams, bytes = otherwise.bytes, burst = otherwise.burst } = options;
  checkNumber(datagrams, `${name}.datagrams`, Number.MIN_VALUE, Infinity);
  checkNumber(bytes, `${name}.bytes`, Number.MIN_VALUE, Infinity);
  checkNumber(burst, `${name}.burst`, 0, 3_600_000);
  return { datagrams, bytes, burst };
}

/** @param clock the time in milliseconds, where none is given */
export function readTokenOptions(options: TokenOptions, clock: () => number): ReadTokenOptions {
  validateObject(options, "options.token");
  const { secret, lifetime = 60_000, rotation = lifetime, port = true, now = clock } = options;
  validateInteger(lifetime, "options.token.lifetime", 1, 30 * DAY);
  validateInteger(rotation, "options.token.rotation", 1, 30 * DAY);
  checkBoolean(port, "options.token.port");
  validateFunction(now, "options.token.now");
  return { secrets: readSecrets(secret), lifetime, rotation, port, now };
}

function readSecrets(secret: unknown): Uint8Array[] | undefined {
  if (secret === undefined) return undefined;
  const name = "options.token.secret";
  const secrets = Array.isArray(secret)
    ? Array.from({ length: secret.length }, (_, i) => secret[i] as unknown)
    : [secret];
  // What it is must not be in a message, which ends up in a log.
  if (secrets.length === 0) throw invalidArgValue(name, "must not be empty", secrets);
  return secrets.map((secret) => {
    const isBytes = ArrayBuffer.isView(secret) && secret instanceof Uint8Array;
    if (typeof secret !== "string" && !isBytes) {
      throw invalidArgType(name, "of type string or an instance of Uint8Array", typeof secret);
    }
    const bytes = toBytes(secret)!;
    const length = byteLengthOf(bytes);
    if (length < 16) throw outOfRange(`${name}.length`, ">= 16 bytes", length);
    return joinBytes([bytes], length);
  });
}

/** A source that a program names. */
export function readSource(source: Source): Source {
  validateObject(source, "source");
  const { address, port } = source;
  validateString(address, "source.address");
  if (isIP(address) === 0) throw invalidArgValue("source.address", "must be a numeric IP address", address);
  return { address, port: validatePort(port, "source.port", true) };
}

/** Throws for what is no number of these. */
export function checkNumber(value: unknown, name: string, least: number, most: number): void {
  validateNumber(value, name);
  if (!(value >= least && value <= most)) throw outOfRange(name, `>= ${least} && <= ${most}`, value);
}

function checkBoolean(value: unknown, name: string): void {
  if (typeof value !== "boolean") throw invalidArgType(name, "of type boolean", value);
}

function checkPower(value: unknown, name: string, most: number): void {
  validateInteger(value, name, 256, most);
  if ((value & (value - 1)) !== 0) throw outOfRange(name, "a power of two", value);
}
