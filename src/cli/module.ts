/** The module's sockets that a run is made of: those of the main entry, or with --ffi those of the ffi entry. */
import { builtinModules, createRequire } from "node:module";
import { type Capabilities, capabilities, createSocket, type Socket, type SocketOptions } from "../../mod.ts";
import { RunError } from "./failure.ts";

/** As much of an entry as the tool uses. */
export interface Module {
  createSocket(options: SocketOptions): Socket;
  readonly capabilities: Capabilities;
}

/** Chooses it; where FFI is asked for and can't be had, that is a failure with its reason. */
export async function chooseModule(ffi: boolean): Promise<Module> {
  if (!ffi) return { createSocket, capabilities };
  // Loaded only here: it brings the system calls with it, and Node warns where they are used.
  const entry = await import("../ffi.ts");
  const { features, notes, runtime } = entry.capabilities;
  // Of the features that system calls bring, the one that every system has that they are known on.
  if (features.trafficClass === "native") return entry;
  const reason = runtime === "node" ? notes.sendBatch : notes.trafficClass;
  throw new RunError(`--ffi can't be had here: ${reason}`);
}

/** Whether --ffi would bring what is missing now. */
export function couldUseFfi({ runtime, features }: Capabilities): boolean {
  return runtime === "node" && features.trafficClass !== "native" &&
    (builtinModules.includes("node:ffi") || hasKoffi());
}

function hasKoffi(): boolean {
  try {
    return createRequire(import.meta.url).resolve("koffi") !== "";
  } catch {
    return false;
  }
}
