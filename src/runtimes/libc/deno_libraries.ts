/**
 * Where this process has its C library, as far as Deno lets that be known: a permission for FFI may be for its path alone,
 * and which paths are permitted is told by asking for one. Deno shows /proc/self to those alone who may do everything
 * (2.9.6). Nothing here prompts or throws.
 */
import type { Layout } from "./layout.ts";

/** What is used of Deno's namespace. */
export interface DenoFiles {
  readonly build: { readonly target: string };
  readonly permissions: {
    querySync(
      descriptor: { name: "ffi" | "read"; path?: string } | { name: "env"; variable: string },
    ): { state: string };
  };
  readonly env: { get(name: string): string | undefined };
  execPath(): string;
  openSync(path: string): DenoFile;
}

interface DenoFile {
  seekSync(offset: number, whence: 0): number;
  readSync(bytes: Uint8Array): number | null;
  close(): void;
}

/** The loaders of most systems, whose C library is at one of the layout's paths. */
const USUAL = /^(?:\/usr)?\/lib(?:32|64)?\/[^/]+$/;
const VARIABLE = "LD_LIBRARY_PATH";

/** Full paths of the C library, the likeliest first. */
export function librariesOf(deno: DenoFiles, layout: Layout, architecture: string): string[] {
  // The other C library may be installed beside this process's own; two of them in one process corrupt each other.
  const musl = deno.build.target.endsWith("musl");
  const usual = (layout.libraries[architecture] ?? []).filter((path) => !path.includes("musl") || musl);
  if (layout.linux === null) return usual;
  const before = foldersBefore(deno).map((folder) => `${folder}/${layout.library}`);
  const loader = loaderOf(deno);
  if (loader === undefined || USUAL.test(loader)) return [...before, ...usual];
  // As on NixOS: each C library has a loader of its own beside it, and musl's is both.
  return [...before, musl ? loader : loader.replace(/[^/]*$/, layout.library)];
}

/** The folders that the loader looks into first. */
function foldersBefore({ env, permissions }: DenoFiles): string[] {
  if (permissions.querySync({ name: "env", variable: VARIABLE }).state !== "granted") return [];
  return (env.get(VARIABLE) ?? "").split(":").filter((folder) => folder.startsWith("/"));
}

const HEADERS_AT = 32;
const HEADER_COUNT_AT = 56;
const HEADER_SIZE = 56;
const INTERPRETER = 3;

/** The loader that Deno's own file names (ELF's PT_INTERP); undefined where that can't be read. */
function loaderOf(deno: DenoFiles): string | undefined {
  let file: DenoFile | undefined;
  try {
    const path = deno.execPath();
    if (deno.permissions.querySync({ name: "read", path }).state !== "granted") return undefined;
    file = deno.openSync(path);
    const head = read(file, 0, 64);
    const headers = read(file, offsetAt(head, HEADERS_AT), head.getUint16(HEADER_COUNT_AT, true) * HEADER_SIZE);
    for (let at = 0; at < headers.byteLength; at += HEADER_SIZE) {
      if (headers.getUint32(at, true) !== INTERPRETER) continue;
      const name = read(file, offsetAt(headers, at + 8), Math.min(offsetAt(headers, at + 32), 4096));
      return new TextDecoder().decode(name).replace(/\0.*/s, "");
    }
  } catch {
    // No such file, or not one of ELF's.
  } finally {
    file?.close();
  }
  return undefined;
}

function read(file: DenoFile, offset: number, size: number): DataView {
  const bytes = new Uint8Array(size);
  file.seekSync(offset, 0);
  return new DataView(bytes.buffer, 0, file.readSync(bytes) ?? 0);
}

function offsetAt(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}
