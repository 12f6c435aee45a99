// What it is for two traces to be equal: as a whole, or for each socket by itself.
import { createHash } from "node:crypto";

/**
 * The lines of each socket, by its label. What came from the network stands apart, by sender: how long it travels is not the
 * module's business, and what two sockets send in one turn may reach a third in either order. So does what is done to a
 * socket in another's listeners and callbacks, since the order of those of two sockets decides when; and, where `arrivals`
 * are to stand apart altogether, what is done where one was told of an arrival, or of the end of a send or of a socket.
 */
function bySocket(seen, arrivals) {
  const sockets = {};
  for (const line of seen) {
    const [subject] = line.split(" ", 1);
    const label = arrivals ? subject : subject.replace(/[*!]/g, "").replace(/^(.)\/\1$/, "$1");
    const isEnd = arrivals && /^. 'close'/.test(line);
    (sockets[isEnd ? `${label}/${label}!` : label + arrivedFrom(line)] ??= []).push(line);
  }
  return sockets;
}

function arrivedFrom(line) {
  const sender = /^. 'message' .* port: ([^,]+)/.exec(line)?.[1];
  if (sender !== undefined) return ` from ${sender}`;
  return /^. ('error'|uncaughtException) .*recvmsg/.test(line) ? " from the network" : "";
}

/**
 * "equal"; "order" if only the order between sockets differs; "arrival" if, moreover, something has arrived, or was told to
 * have left or been closed, sooner or later than other things have happened; or "different".
 */
export function compare(seen, expected) {
  if (seen.length !== expected.length) return "different";
  if (seen.every((line, index) => line === expected[index])) return "equal";
  if (areEqual(bySocket(seen, false), bySocket(expected, false))) return "order";
  return areEqual(bySocket(seen, true), bySocket(expected, true)) ? "arrival" : "different";
}

const areEqual = (ours, theirs) =>
  Object.keys(theirs).every((label) => ours[label]?.join("\n") === theirs[label].join("\n"));

/** Each socket's own trace, in short. */
export function digest(seen) {
  const sockets = Object.entries(bySocket(seen, false)).sort(([one], [other]) => one < other ? -1 : 1);
  return createHash("sha256").update(JSON.stringify(sockets)).digest("hex").slice(0, 8);
}

/** Whether something that an oracle can't have was seen. */
export const isBroken = (seen) => seen.some((line) => line.startsWith("? FAILED"));
