/** The seed of the environment, and the line that replays a failed test. */
import { getProcess } from "../core/process.ts";
import { invalidArgValue } from "../core/errors.ts";

const VARIABLE = "DGRAM_SEED";
const MOST = 0xffff_ffff;
const USUAL = 1;

interface DenoGlobal {
  permissions: { querySync(descriptor: { name: "env"; variable: string }): { state: string } };
  env: { get(name: string): string | undefined };
}

/** The one of the environment, or else the usual one. */
export function chosenSeed(): number {
  return seedOfEnvironment() ?? USUAL;
}

/** What DGRAM_SEED says, where it may be read: Deno would ask on a terminal, and is not asked. */
export function seedOfEnvironment(): number | undefined {
  const text = read();
  if (text === undefined || text === "") return undefined;
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed > MOST) throw invalidArgValue(VARIABLE, `must be a number, 0 to ${MOST}`, text);
  return seed;
}

function read(): string | undefined {
  const { Deno } = globalThis as unknown as { Deno?: DenoGlobal };
  if (Deno === undefined) {
    return (getProcess() as unknown as { env: Record<string, string | undefined> }).env[VARIABLE];
  }
  const { state } = Deno.permissions.querySync({ name: "env", variable: VARIABLE });
  return state === "granted" ? Deno.env.get(VARIABLE) : undefined;
}

/** What is to be put before the command that runs the test. */
export function replayLine(seed: number): string {
  return `${VARIABLE}=${seed}`;
}

/**
 * Says in a failed assertion how it is replayed. Other errors stay as they are, since a test may expect them; they get a
 * property, which most test runners print.
 */
export function sayReplay(error: unknown, seed: number): void {
  if (!(error instanceof Error) || !Object.isExtensible(error) || "replay" in error) return;
  const line = replayLine(seed);
  Object.defineProperty(error, "replay", { value: line, enumerable: true, configurable: true, writable: true });
  if (!isAssertion(error)) return;
  const { message, stack } = error;
  const longer = `${message}\n(${line} replays it)`;
  error.message = longer;
  // V8 has the message in it, and shows nothing else.
  if (stack?.includes(message)) error.stack = stack.replace(message, () => longer);
}

/** That of node:assert, @std/assert, vitest and chai, jest, or Bun. */
function isAssertion(error: Error): boolean {
  return error.name.includes("AssertionError") || (error as { code?: unknown }).code === "ERR_ASSERTION" ||
    "matcherResult" in error || error.message.startsWith("expect(") ||
    String((error as { code?: unknown }).code).startsWith("ERR_NETWORK_");
}
