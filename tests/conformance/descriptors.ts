/** Descriptors that a process was started with: see descriptors.py, which opens them. */
import process from "node:process";

let given: Record<string, number[]> | undefined;

/** One that no scenario has taken yet: `bound`, `bound6`, `unbound`, `tcp` or `file`. */
export function takeDescriptor(kind: string): number {
  given ??= JSON.parse(process.env.DGRAM_DESCRIPTORS ?? "{}") as Record<string, number[]>;
  const descriptor = given[kind]?.pop();
  if (descriptor === undefined) throw new Error(`this process was started without a descriptor of the kind ${kind}`);
  return descriptor;
}
