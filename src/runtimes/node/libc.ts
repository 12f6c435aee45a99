import type { Absent, Binding } from "../libc/calls.ts";
import { koffiBinding } from "../libc/koffi_binding.ts";
import type { Libc } from "../libc/libc.ts";
import { type Bind, loadLibc } from "../libc/load.ts";
import { nodeBinding } from "../libc/node_binding.ts";

/** CommonJS has it in place of `import.meta`. */
declare const __filename: string | undefined;

/** The C library, or why it can't be had. */
export function nodeLibc(): Libc | Absent {
  return loadLibc(nodeOrKoffi);
}

const nodeOrKoffi: Bind = (layout, architecture, names): Binding | Absent => {
  const own = nodeBinding(layout, architecture, names);
  if (!("absent" in own)) return own;
  const here = import.meta.url ?? (typeof __filename === "string" ? __filename : undefined);
  const other = koffiBinding(layout, architecture, names, here);
  return "absent" in other ? { ...other, absent: `${own.absent}, and ${other.absent}` } : other;
};
