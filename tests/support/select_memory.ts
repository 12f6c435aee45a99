/**
 * Stands in the place of src/runtimes/select.ts in the cells of the matrix that are about networks in memory: all sockets
 * are those of one host, and what is sent is received as soon as whoever sent it has come to rest. Timers are the
 * runtime's, and names node:dns's, since the tests are programs that know of no other ones.
 */
import type { Backend } from "../../src/core/backend.ts";
import { select as selectForRuntime } from "../../src/runtimes/select.ts";
import { MemoryNetwork } from "../../src/testing/network.ts";

export function select(): Backend {
  // It prepares what the core needs, and knows which host names may be looked up.
  const { capabilities, lookup, mayLookUp } = selectForRuntime();
  const network = new MemoryNetwork({ seed: 1 }, capabilities.runtime);
  void network.run({ until: new Promise(() => {}) });
  return { ...network.host().backend, mayLookUp, clock: undefined, lookup };
}
