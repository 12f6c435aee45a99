// Which file of the sources may import which, as dependency-cruiser takes it. Imports of types count: who names a type
// has to know what it is.
import { entryFiles } from "../matrix/entries.mjs";

/** The wings of src/runtimes from above. Each may import those below it; two that stand on one floor know nothing of each other. */
const floors = [["select"], ["deno", "bun"], ["node"], ["kernel"], ["libc"], ["common"]];

const wings = (names) => `^src/runtimes/(${names.join("|")})(/|\\.ts$)`;

const wingRules = floors.flatMap((floor, at) =>
  floor.map((wing) => ({
    name: `${wing} imports no wing above or beside it`,
    from: { path: wings([wing]) },
    to: { path: wings(floors.slice(0, at + 1).flat().filter((other) => other !== wing)) },
  }))
).slice(1);

/** libc's three floors: what the calls are, what is built on them (the rest), what assembles and tests it. */
const calls = `^src/runtimes/libc/(${
  [
    "\\w+_binding",
    "calls",
    "deno_libraries",
    "error_numbers",
    "kernel_batches",
    "layout",
    "linux",
    "macos",
    "memory",
    "message_header",
    "socket_addresses",
    "system_calls",
    "variadic",
  ].join("|")
})\\.ts$`;
const assembly = "^src/runtimes/libc/(libc|load|self_test)\\.ts$";

const entries = `^(${entryFiles.join("|").replaceAll(".", "\\.")})$`;

export const rules = [
  {
    name: "no circle",
    from: {},
    to: { circular: true },
  },
  {
    name: "the core knows nothing but itself",
    from: { path: "^src/core/" },
    to: { path: "^(src|mod\\.ts)", pathNot: "^src/core/" },
  },
  {
    name: "an adapter knows the contract, and no socket",
    from: { path: "^src/runtimes/" },
    to: { path: "^src/core/state\\.ts$", reachable: true },
  },
  {
    name: "an adapter knows the core, and no entry",
    from: { path: "^src/runtimes/" },
    to: { path: "^(src|mod\\.ts)", pathNot: "^src/(core|runtimes)/" },
  },
  {
    name: "what stands on the sockets knows no adapter",
    from: { path: "^src/(ancillary|cli|guard|handoff|observe|promises|register|web)/" },
    to: { path: "^src/runtimes/" },
  },
  {
    name: "what writes captures knows the core alone",
    from: { path: "^src/pcap/" },
    to: { path: "^(src|mod\\.ts)", pathNot: "^src/(core|pcap)/" },
  },
  ...wingRules,
  {
    name: "libc is assembled and tested above what it is made of",
    from: { path: "^src/runtimes/libc/", pathNot: assembly },
    to: { path: assembly },
  },
  {
    name: "libc's calls know nothing that is built on them",
    from: { path: calls },
    to: { path: "^src/runtimes/libc/", pathNot: calls },
  },
  {
    name: "each file is of use to an entry",
    from: { path: entries },
    // The hooks of src/register name that one by its address.
    to: { path: "^src/", pathNot: [entries, "^src/register/in_place\\.ts$"], reachable: false },
  },
  {
    name: "there are no dependencies",
    from: {},
    to: { dependencyTypesNot: ["core", "local"] },
  },
].map((rule) => ({ severity: "error", ...rule }));
