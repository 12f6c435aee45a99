/** Where Deno's process has its C library, by what its permissions let be known. */
import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { type DenoFiles, librariesOf } from "../../../src/runtimes/libc/deno_libraries.ts";
import { LINUX } from "../../../src/runtimes/libc/linux.ts";

const PROGRAM = "/programs/deno";
const NIX = "/nix/store/abc-glibc-2.40/lib";
const usual = LINUX.libraries.x64.filter((path) => !path.includes("musl"));

/** A program's file, as far as it names its loader: the second of two headers says where that name is. */
function programOf(loader: string): Uint8Array {
  const bytes = new Uint8Array(512);
  const view = new DataView(bytes.buffer);
  const [headers, header] = [64, 64 + 56];
  view.setBigUint64(32, BigInt(headers), true);
  view.setUint16(56, 2, true);
  view.setUint32(headers, 6, true);
  view.setUint32(header, 3, true);
  view.setBigUint64(header + 8, 300n, true);
  view.setBigUint64(header + 32, BigInt(loader.length + 1), true);
  bytes.set(new TextEncoder().encode(loader), 300);
  return bytes;
}

interface Surroundings {
  readonly file?: Uint8Array;
  readonly variable?: string;
  readonly target?: string;
}

let open = 0;

function denoWith({ file, variable, target = "x86_64-unknown-linux-gnu" }: Surroundings): DenoFiles {
  const isGranted = (name: string): boolean => name === "read" ? file !== undefined : variable !== undefined;
  return {
    build: { target },
    permissions: { querySync: ({ name }) => ({ state: isGranted(name) ? "granted" : "prompt" }) },
    env: {
      get: () => {
        if (variable === undefined) throw new Error("it would prompt");
        return variable;
      },
    },
    execPath: () => PROGRAM,
    openSync: () => {
      if (file === undefined) throw new Error("it would prompt");
      open++;
      let at = 0;
      return {
        seekSync: (offset) => at = offset,
        readSync: (bytes) => {
          const part = file.subarray(at, at + bytes.length);
          bytes.set(part);
          return part.length || null;
        },
        close: () => open--,
      };
    },
  };
}

const found = (surroundings: Surroundings): string[] => librariesOf(denoWith(surroundings), LINUX, "x64");

test("where nothing may be read the usual paths are tried, and nothing is asked for", () => {
  assertEquals(found({}), usual);
});

test("a usual loader leaves it at the usual paths", () => {
  assertEquals(found({ file: programOf("/lib64/ld-linux-x86-64.so.2") }), usual);
});

test("beside a loader elsewhere is the only C library that the process has", () => {
  assertEquals(found({ file: programOf(`${NIX}/ld-linux-x86-64.so.2`) }), [`${NIX}/libc.so.6`]);
});

test("the loader of musl is its C library, too", () => {
  const target = "x86_64-alpine-linux-musl";
  const loader = "/nix/store/abc-musl-1.2.5/lib/ld-musl-x86_64.so.1";
  assertEquals(found({ file: programOf(loader), target }), [loader]);
  assertEquals(found({ file: programOf("/lib/ld-musl-x86_64.so.1"), target }), [...LINUX.libraries.x64]);
});

test("the loader looks first into the folders of a variable, if that may be read", () => {
  const variable = "/first::relative:/second";
  assertEquals(found({ variable }), ["/first/libc.so.6", "/second/libc.so.6", ...usual]);
  assertEquals(found({ variable: "", file: programOf(`${NIX}/ld.so`) }), [`${NIX}/libc.so.6`]);
});

test("what is no program tells nothing, and is closed again", () => {
  const endless = programOf("/nowhere/ld.so");
  new DataView(endless.buffer).setBigUint64(32, 1n << 62n, true);
  for (const file of [new Uint8Array(0), new Uint8Array(512), new Uint8Array(512).fill(255), endless]) {
    assertEquals(found({ file }), usual);
  }
  assertEquals(open, 0);
});
