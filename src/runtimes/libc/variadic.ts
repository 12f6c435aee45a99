/**
 * fcntl, the one call here that is variadic in C. Apple's arm64 has such arguments on the stack, where no FFI puts a
 * third one by itself; but a ninth, behind those that fill the eight registers.
 */
import { type Binding, type CallName, type Calls, type Parameter, SIGNATURES } from "./calls.ts";
import type { Layout } from "./layout.ts";

const BEHIND_REGISTERS: readonly Parameter[] = [...new Array<"int">(8).fill("int"), "size"];

/** What a call's parameters are to be declared as. */
export function parametersOf(name: CallName, layout: Layout, architecture: string): readonly Parameter[] {
  return name === "fcntl" && layout.variadicOnStack.includes(architecture) ? BEHIND_REGISTERS : SIGNATURES[name];
}

/** The binding, whose fcntl takes three arguments, however it was declared. */
export function withVariadic(binding: Binding, layout: Layout, architecture: string): Binding {
  if (!layout.variadicOnStack.includes(architecture)) return binding;
  const calls = binding.calls as unknown as { fcntl(...values: number[]): number };
  const fcntl: Calls["fcntl"] = (fd, command, value) => calls.fcntl(fd, command, 0, 0, 0, 0, 0, 0, value);
  // Not a copy: a binding may put another function into a call's place.
  return { ...binding, calls: Object.create(calls, { fcntl: { value: fcntl } }) };
}
