// What the package's types are compiled with, installed below .runtimes when it is asked for.
import path from "node:path";
import { installedPackages } from "./installed_packages.mjs";
import { packageFile } from "./paths.mjs";

/** TypeScript by the version that users name: the first is the oldest that reads the types. package.json has 6. */
const typescript = { 4.9: "4.9.5", 5.4: "5.4.5", 5.9: "5.9.3", 7: "7.0.2" };

/** @types/node by Node's version; package.json has 26. */
const nodeTypes = { 18: "18.19.130", 20: "20.19.43", 22: "22.20.5", 24: "24.19.4" };

const bunTypes = "1.4.5";

/** What takes a socket, by its own declarations. */
export const libraries = ["@types/multicast-dns@7.2.4", "coap@1.5.0", "hot-shots@17.1.1"];

/**
 * The compiler, the types and how modules are found. Not each with each, which would take minutes: the newest TypeScript,
 * which is quick, reads each @types/node, the others each way of finding modules. @types/node 22 and above ask for
 * TypeScript 5.6, and 26 is an error in itself on 5.4.
 */
export const pairs = [
  ["7", "18", "nodenext"],
  ["7", "20", "nodenext"],
  ["7", "22", "nodenext"],
  ["7", "24", "nodenext"],
  ["7", "26", "nodenext"],
  ["7", "26", "bundler"],
  ["7", "bun", "bundler"],
  ["6", "26", "nodenext"],
  ["6", "18", "node10"],
  ["5.9", "26", "node16"],
  ["5.9", "22", "bundler"],
  ["5.4", "20", "nodenext"],
  ["5.4", "18", "node10"],
  ["4.9", "18", "nodenext"],
].map(([compiler, types, resolution]) => ({ compiler, types, resolution }));

/** Answers { path } of the compiler's program, or { reason }. */
export async function compilerOf(version) {
  const program = ["typescript", "bin", "tsc"];
  const exact = typescript[version];
  if (exact === undefined) return { path: packageFile(...program) };
  const { path: modules, reason } = await installedPackages([`typescript@${exact}`]);
  return reason === undefined ? { path: path.join(modules, ...program) } : { reason };
}

/** Answers { path } of a folder of types with those of a version of Node, or of Bun, in it; or { reason }. */
export async function typesOf(version) {
  if (version !== "bun" && nodeTypes[version] === undefined) return { path: packageFile("@types") };
  const [name, exact] = version === "bun" ? ["bun", bunTypes] : ["node", nodeTypes[version]];
  const { path: modules, reason } = await installedPackages([`@types/${name}@${exact}`]);
  return reason === undefined ? { path: path.join(modules, "@types") } : { reason };
}
