/** Links between two groups of hosts, which are cut or held together. */
import { type Change, changeOf } from "./change.ts";
import { notLinked } from "./errors.ts";
import type { ReadFaults } from "./faults.ts";
import type { HostStack } from "./host_stack.ts";
import type { Links } from "./links.ts";
import type { Topology } from "./topology.ts";

export interface Groups {
  readonly left: readonly HostStack[];
  readonly right: readonly HostStack[];
  /** From left to right only. */
  readonly oneWay: boolean;
}

/** Has all links between them have faults, until that is undone. */
export function partition(
  topology: Topology,
  links: Links,
  { left, right, oneWay }: Groups,
  faults: ReadFaults,
): Change {
  const pairs = left.flatMap((from) => right.filter((to) => to !== from).map((to) => [from, to] as const));
  const linked = pairs.filter(([from, to]) => isCut(topology.path(from, to), left, right));
  return changeOf(...linked.flatMap(([from, to]) => [
    links.add(from, to, faults),
    ...oneWay ? [] : [links.add(to, from, faults)],
  ]));
}

/** Whether its ends are neighbours; if not, the partition has to cut another link between them. */
function isCut(path: readonly HostStack[], left: readonly HostStack[], right: readonly HostStack[]): boolean {
  const hasCut = path.some((stack, place) => left.includes(stack) && right.includes(path[place + 1]));
  if (!hasCut) {
    throw notLinked(path[0].name, path[path.length - 1].name, path.slice(1, -1).map(({ name }) => name));
  }
  return path.length === 2;
}
