/**
 * `confined.child.ts` where the runtime says that it is on another machine, or where its FFI brings a libc that lies. A
 * line of JSON before that child's tells why there are no system calls.
 */
import process from "node:process";
import { isLibc } from "../../src/runtimes/libc/load.ts";
import { runtime } from "../support/child.ts";
import { type Lie, lyingFfi } from "../support/lying_ffi.ts";
import { ownLibc } from "../support/own_libc.ts";

/** What is pretended. */
export interface Pretence {
  readonly platform?: string;
  readonly arch?: string;
  readonly lie?: Lie;
}

const { platform = process.platform, arch = process.arch, lie }: Pretence = JSON.parse(process.argv[2]);
Object.defineProperty(process, "platform", { value: platform });
Object.defineProperty(process, "arch", { value: arch });

if (runtime === "deno") {
  const deno = (globalThis as unknown as { Deno: { build: object } }).Deno;
  const build = { ...deno.build, os: platform, arch, target: `${arch}-unknown-${platform}` };
  const changes = { build: { value: build }, ...lie && { dlopen: { value: lyingFfi(lie).deno } } };
  Object.defineProperty(globalThis, "Deno", { value: Object.create(deno, changes) });
} else if (lie !== undefined) {
  const { getBuiltinModule } = process;
  const ffi = lyingFfi(lie)[runtime];
  process.getBuiltinModule = ((name: string) => name.endsWith(":ffi") ? ffi : getBuiltinModule(name)) as never;
}

const libc = ownLibc();
console.log(JSON.stringify(isLibc(libc) ? null : libc.absent));
void import("./confined.child.ts");
