// Packages of other people that the cell `dependents` installs: libraries that use node:dgram, and what tests are run with.
import path from "node:path";
import { installedPackages } from "./installed_packages.mjs";

/** By name; what is optional to osc would have to be compiled. */
const versions = {
  "multicast-dns": ["7.2.5"],
  osc: ["2.4.5", "--omit=optional"],
  coap: ["1.5.0"],
  "hot-shots": ["17.1.1", "--omit=optional"],
  // The last that runs on Node 18 and 20.
  moleculer: ["0.14.35"],
  knx: ["2.5.4"],
  "bittorrent-dht": ["11.0.12", "--omit=optional"],
  "net-snmp": ["3.29.2"],
  stun: ["2.1.0"],
  tftp: ["0.1.2"],
  werift: ["0.25.2"],
  jest: ["30.5.2"],
  vitest: ["3.2.4"],
  sinon: ["22.1.0"],
  shimmer: ["1.2.1"],
};

/** The folder of each that can be installed, and why the others can't be. */
export async function installLibraries() {
  const folders = new Map();
  const missing = [];
  for (const [name, [version, ...options]] of Object.entries(versions)) {
    const { path: modules, reason } = await installedPackages([`${name}@${version}`], ...options);
    if (reason === undefined) folders.set(name, path.join(modules, name));
    else missing.push(reason);
  }
  return { folders, missing };
}
