/**
 * Whether there are system calls here: on which systems, with which permissions, and only if they pass the self-test.
 */
import { getProcess } from "../../core/process.ts";
import { bunBinding } from "./bun_binding.ts";
import { type Absent, type Binding, type CallName, SIGNATURES } from "./calls.ts";
import { denoBinding } from "./deno_binding.ts";
import { withKernelBatches } from "./kernel_batches.ts";
import type { Layout } from "./layout.ts";
import { Libc } from "./libc.ts";
import { LINUX } from "./linux.ts";
import { MACOS } from "./macos.ts";
import { nodeBinding } from "./node_binding.ts";
import { selfTest, SHORTAGE } from "./self_test.ts";

const LINUX_CALLS: readonly CallName[] = [
  "sendmmsg",
  "syscall",
  "recvmsg",
  "recvmmsg",
  "fcntl",
  "epoll_create1",
  "epoll_ctl",
];

let loaded: Libc | Absent | undefined;

/**
 * The C library, through the FFI of the runtime that is named. It is opened and tested at the first call, which takes
 * some tenths of a millisecond; an adapter may ask at each start, and nothing is opened where a permission is missing.
 */
export function loadLibc(runtime: "deno" | "bun" | "node"): Libc | Absent {
  if (loaded !== undefined) return loaded;
  const layout = layoutOf(getProcess().platform);
  if (layout === null || layout.libraries[getProcess().arch] === undefined) {
    return loaded = {
      absent: `system calls through FFI are not known on ${getProcess().platform} ${getProcess().arch}`,
    };
  }
  const binding = bindingOf(runtime, layout);
  // Not kept: a permission may be granted later.
  if ("absent" in binding) return binding;
  const libc = new Libc(withKernelBatches(binding, layout, getProcess().arch), layout);
  libc.wakesBy = runtime === "deno" ? "bell" : "epoll";
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

function bindingOf(runtime: string, layout: Layout): Binding | Absent {
  const all = Object.keys(SIGNATURES) as CallName[];
  const names = layout.linux === null ? all.filter((name) => !LINUX_CALLS.includes(name)) : all;
  switch (runtime) {
    case "deno":
      return denoBinding(layout, getProcess().arch, names);
    case "bun":
      return bunBinding(layout, names);
    default:
      return nodeBinding(layout, names);
  }
}
