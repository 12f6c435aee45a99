/**
 * A network in memory: hosts, and links that lose, delay, reorder, repeat and change what they carry, in virtual time, the
 * same for one seed on every runtime. Programs that send and receive with this module run on it unchanged.
 *
 * @example A question that is lost, and asked again
 * ```ts
 * import { bind } from "@x/dgram/promises";
 * import { createNetwork } from "@x/dgram/testing";
 *
 * const net = createNetwork({ seed: 7, link: { latency: "20ms" } });
 * const server = net.host({ name: "server", addresses: ["192.0.2.1"] });
 * const client = net.host({ name: "client", addresses: ["192.0.2.2"] });
 * net.link(client, server, { loss: { numbers: [1] } }, {});
 *
 * const serving = server.run(async () => {
 *   const socket = await bind(53);
 *   const { port, address } = await socket.receive();
 *   await socket.send("here", port, address);
 *   await socket.close();
 * });
 * const asking = client.run(async () => {
 *   const socket = await bind();
 *   const { data } = await socket.request("where?", { port: 53, address: "server", timeout: 500 });
 *   await socket.close();
 *   return `${data}`;
 * });
 *
 * console.log(await net.run({ until: asking }), net.clock.now()); // prints here 540
 * await net.run({ until: serving });
 * await net.close();
 * ```
 *
 * @module
 */
import { nothingElse } from "../core/nothing_else.ts";
import { capabilities } from "../dgram.ts";
import { MemoryNetwork } from "./network.ts";
import type { Network, NetworkOptions } from "./types.ts";

/**
 * Makes a network in memory, without a host. It uses no real time, no real randomness and nothing of the system's network.
 *
 * @param options the seed, what links are like, and whether a trace is kept, see {@linkcode NetworkOptions}
 * @returns the network
 * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for what is no option
 * @throws {RangeError} ERR_OUT_OF_RANGE for what can't be
 */
export function createNetwork(options: NetworkOptions = nothingElse({})): Network {
  return new MemoryNetwork(options, capabilities.runtime);
}

export { assertTrace, TraceAssertionError } from "./assert_trace.ts";
export type { Duration } from "./duration.ts";
export { ExploreError } from "./errors.ts";
export { explore, type ExploreOptions } from "./explore.ts";
export type { FaultKind, NetworkFault } from "./fault_log.ts";
export type { Faults, Latency, PassingDatagram, Verdict } from "./faults.ts";
export type { ForgedDatagram } from "./forge.ts";
export type { HostOptions } from "./host_options.ts";
export type { CaptureOptions, LinkCounters, NamedHost, NetworkLooks, SocketState, Span } from "./look_types.ts";
export type { Change } from "./change.ts";
export type { FakeTimers, InstallOptions, NetworkClock, NetworkTime, NetworkTimer } from "./clock_types.ts";
export type { HostFaults } from "./host_faults.ts";
export { type Preset, presets } from "./presets.ts";
export type { RecordedDatagram } from "./replay.ts";
export type { HostDgram, HostOrName, NetworkHost, NewAddresses } from "./host_types.ts";
export type { LossOptions } from "./loss.ts";
export type { Dependence, End } from "./nat_table.ts";
export type { NatKind, NatMapping, NatOptions, NetworkNat, RouterOptions } from "./router_types.ts";
export type { RealRead, Strict } from "./strict.ts";
export type { TraceEntry } from "./trace.ts";
export type { Fate } from "./trace_records.ts";
export type { Network, NetworkOptions } from "./types.ts";
