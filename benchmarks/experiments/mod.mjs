/*
 * What is measured in rounds of its own, each with those contenders that it is about. An experiment is
 * { name, title, note, rounds, takesPart(contender), measure(contender, { round, peers }), head, cells(figures,
 * contender) }; `measure` answers { results } with [variant, figures] for each variant, or { problem }. Where it can't
 * be made at all, `unavailable` says why.
 */
import { byTurns } from "./by_turns.mjs";
import { congested } from "./congested.mjs";
import { garbage } from "./garbage.mjs";
import { loadTime } from "./load_time.mjs";
import { memory } from "./memory.mjs";
import { peers, sockets } from "./scale.mjs";
import { segments } from "./segments.mjs";
import { simulatedHosts } from "./simulated_hosts.mjs";
import { simulation } from "./simulation.mjs";
import { starvation } from "./starvation.mjs";
import { workers } from "./workers.mjs";

export const experiments = [
  sockets,
  peers,
  segments,
  byTurns,
  starvation,
  congested,
  workers,
  memory,
  garbage,
  simulation,
  simulatedHosts,
  loadTime,
];
