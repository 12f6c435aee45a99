/**
 * sendmmsg as the kernel has it. On 64-bit systems musl (1.2.3) makes a call of sendmsg for each message instead, since its
 * struct msghdr has padding that the kernel would read; this module writes the kernel's own.
 */
import type { Binding, Calls } from "./calls.ts";
import type { Layout } from "./layout.ts";

/** The binding, by which many datagrams leave in one system call. */
export function withKernelBatches(binding: Binding, layout: Layout, architecture: string): Binding {
  const number = layout.linux?.sendmmsg[architecture];
  if (number === undefined || !isLoop(binding.calls, layout.dontWait)) return binding;
  const { calls } = binding;
  const sendmmsg: Calls["sendmmsg"] = (fd, messages, count, flags) => calls.syscall(number, fd, messages, count, flags);
  // Not a copy: a binding may put another function into a call's place.
  return { ...binding, calls: Object.create(calls, { sendmmsg: { value: sendmmsg } }) };
}

/** Of no message a loop says that it was sent, where the kernel looks at the descriptor first. */
function isLoop(calls: Calls, flags: number): boolean {
  try {
    return calls.sendmmsg(-1, null, 0, flags) === 0;
  } catch {
    return false;
  }
}
