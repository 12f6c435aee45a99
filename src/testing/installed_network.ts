import { type Change, changeOf } from "./change.ts";
import type { InstallOptions, NetworkTime } from "./clock_types.ts";
import { installRandom } from "./installed_random.ts";
import { type HostSystem, installSystem } from "./installed_system.ts";
import { syncImports } from "./installed_timers.ts";
import { Random } from "./random.ts";

/**
 * Puts a network in the place of all that programs ask their runtime for.
 *
 * @param host that of this asynchronous context
 */
export function installNetwork(
  clock: NetworkTime,
  seed: number,
  host: () => { readonly name: string; readonly system: HostSystem } | undefined,
  options: InstallOptions,
): Change {
  const time = clock.install(options);
  const streams = new Map<string, Random>();
  const random = (): Random => {
    const owner = host()?.name ?? "";
    let stream = streams.get(owner);
    if (stream === undefined) streams.set(owner, stream = new Random(seed, `${owner}: programs`));
    return stream;
  };
  const undo = [() => time.undo(), syncImports, ...installRandom(random), ...installSystem(() => host()?.system)];
  syncImports();
  return changeOf(...undo);
}
