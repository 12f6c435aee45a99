/** The FFI of each runtime, with a C library that does nothing and answers the same to every call, or to some. */
import process from "node:process";

/** What it says: a number, and errno; or it throws. */
export interface Lie {
  readonly answer?: number;
  readonly errno?: number;
  readonly thrown?: string;
  /** The calls about which it lies; all, if there are none. */
  readonly about?: readonly string[];
}

type Functions = Record<string, (...values: unknown[]) => unknown>;

interface RealFfi {
  dlopen(path: string | null, symbols: object): { symbols: Functions; functions: Functions };
}

/** What stands in the place of `Deno.dlopen`, of bun:ffi and of node:ffi. */
export interface LyingFfi {
  readonly deno: (path: string, symbols: object) => { symbols: Functions };
  readonly bun: object;
  readonly node: object;
}

/** One that lies in this way. */
export function lyingFfi({ answer = 0, errno = 0, thrown, about = [] }: Lie): LyingFfi {
  const call = (): number => {
    if (thrown !== undefined) throw new Error(thrown);
    return answer;
  };
  const liesAbout = (name: string): boolean => about.length === 0 || about.includes(name);
  const lies = (symbols: object): Functions =>
    Object.fromEntries(Object.keys(symbols).filter(liesAbout).map((name) => [name, call]));
  const truths = (symbols: object): object =>
    Object.fromEntries(Object.entries(symbols).filter(([name]) => !liesAbout(name)));

  const { Deno } = globalThis as unknown as { Deno?: RealFfi };
  const real = process.getBuiltinModule?.(Deno ? "none" : process.versions.bun ? "bun:ffi" : "node:ffi") as
    | RealFfi
    | undefined;
  if (about.length > 0) {
    return {
      deno: (path, symbols) => ({ symbols: { ...Deno!.dlopen(path, truths(symbols)).symbols, ...lies(symbols) } }),
      bun: {
        ...real,
        dlopen: (path: string, symbols: object) => ({
          symbols: { ...real!.dlopen(path, truths(symbols)).symbols, ...lies(symbols) },
        }),
      },
      node: {
        ...real,
        dlopen: (path: null, symbols: object) => ({
          functions: { ...real!.dlopen(path, truths(symbols)).functions, ...lies(symbols) },
        }),
      },
    };
  }
  const errnos = new Int32Array([errno]).buffer;
  const place = (address: number | bigint): Functions => ({ __errno_location: () => address, __error: () => address });
  // Deno's binding copies errno from where it is, and asks for addresses.
  const memcpy = (to: unknown): unknown => {
    if (to instanceof Uint8Array && to.length === 64) to.set(new Uint8Array(errnos));
    return 4096n;
  };
  return {
    deno: (_path, symbols) => ({ symbols: { ...lies(symbols), ...place(0), memcpy } }),
    bun: {
      dlopen: (_path: string, symbols: object) => ({ symbols: { ...lies(symbols), ...place(4096) } }),
      ptr: () => 4096,
      toArrayBuffer: () => errnos,
    },
    node: {
      dlopen: (_path: null, symbols: object) => ({ functions: { ...lies(symbols), ...place(4096n) } }),
      getRawPointer: () => 4096n,
      toArrayBuffer: () => errnos,
    },
  };
}
