// What it is for two traces to be equal: as a whole, or for each socket by itself.
import { createHash } from "node:crypto";

/**
 * The lines of each socket, by its label. What came from the network stands apart, by sender: how long it travels is not the
 * module's business, and what two sockets send in one turn may reach a third in either order.
 */
function bySocket(seen) {
  const sockets = {};
  for (const line of seen) {
    const sender = /^. 'message' .* port: ([^,]+)/.exec(line)?.[1];
    const arrived = sender ?? (/^. 'error' .*recvmsg/.test(line) ? "the network" : undefined);
    (sockets[arrived === undefined ? line[0] : `${line[0]} from ${arrived}`] ??= []).push(line);
  }
  return sockets;
}

/** "equal", "order" if only the order between sockets differs, or "different". */
export function compare(seen, expected) {
  if (seen.length !== expected.length) return "different";
  if (seen.every((line, index) => line === expected[index])) return "equal";
  const [ours, theirs] = [bySocket(seen), bySocket(expected)];
  const sameSockets = Object.keys(theirs).every((label) => ours[label]?.join("\n") === theirs[label].join("\n"));
  return sameSockets ? "order" : "different";
}

/** Each socket's own trace, in short. */
export function digest(seen) {
  const sockets = Object.entries(bySocket(seen)).sort(([one], [other]) => one < other ? -1 : 1);
  return createHash("sha256").update(JSON.stringify(sockets)).digest("hex").slice(0, 8);
}

/** Whether something that an oracle can't have was seen. */
export const isBroken = (seen) => seen.some((line) => line.startsWith("? FAILED"));
