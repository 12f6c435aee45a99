/**
 * Whether there are system calls here: on which systems, with which permissions, and only if they pass the self-test.
 */
import { getProcess } from "../../core/process.ts";
import { type Absent, type Binding, type CallName, SIGNATURES } from "./calls.ts";
import { withKernelBatches } from "./kernel_batches.ts";
import type { Layout } from "./layout.ts";
import { Libc } from "./libc.ts";
import { LINUX } from "./linux.ts";
import { MACOS } from "./macos.ts";
import { selfTest, SHORTAGE } from "./self_test.ts";
import { withVariadic } from "./variadic.ts";

const LINUX_CALLS: readonly CallName[] = [
  "sendmmsg",
  "syscall",
  "recvmsg",
  "recvmmsg",
  "epoll_create1",
  "epoll_ctl",
];

let loaded: Libc | Absent | undefined;

/** A runtime's way to these calls. */
export type Bind = (layout: Layout, architecture: string, names: readonly CallName[]) => Binding | Absent;

/**
 * The C library, through a runtime's FFI. It is opened and tested at the first call, which takes
 * some tenths of a millisecond; an adapter may ask at each start, and nothing is opened where a permission is missing.
 */
export function loadLibc(bind: Bind, openBell: Libc["openBell"] = null): Libc | Absent {
  if (loaded !== undefined) return loaded;
  const layout = layoutOf(getProcess().platform);
  if (layout === null || layout.libraries[getProcess().arch] === undefined) {
    return loaded = {
      absent: `system calls through FFI are not known on ${getProcess().platform} ${getProcess().arch}`,
    };
  }
  const { arch } = getProcess();
  const all = Object.keys(SIGNATURES) as CallName[];
  const binding = bind(layout, arch, layout.linux === null ? all.filter((name) => !LINUX_CALLS.includes(name)) : all);
  // Not kept: a permission may be granted later.
  if ("absent" in binding) return binding;
  const libc = new Libc(withKernelBatches(withVariadic(binding, layout, arch), layout, arch), layout);
  libc.openBell = openBell;
  const fault = selfTest(libc);
  if (fault === null) return loaded = libc;
  const absent = `the system calls failed their self-test: ${fault}`;
  return fault === SHORTAGE ? { absent, passing: true } : loaded = { absent };
}

/** True if `loadLibc` found the system calls. */
export function isLibc(value: Libc | Absent): value is Libc {
  return !("absent" in value);
}

function layoutOf(platform: string): Layout | null {
  return platform === "linux" ? LINUX : platform === "darwin" ? MACOS : null;
}
