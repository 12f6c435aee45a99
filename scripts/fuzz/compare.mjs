// What it is for two traces to be equal: as a whole, or for each socket by itself.

/** The lines of each socket, by its label; among messages that came together, those of each sender. */
function bySocket(seen) {
  const sockets = {};
  for (const line of seen) (sockets[line[0]] ??= []).push(line);
  return Object.fromEntries(Object.entries(sockets).map(([label, lines]) => [label, sendersApart(lines)]));
}

/** What two sockets send in one turn may reach a third in either order. */
function sendersApart(lines) {
  const sorted = [];
  let together = [];
  const flush = () => {
    sorted.push(...together.sort((one, other) => one.sender < other.sender ? -1 : one.sender > other.sender ? 1 : 0));
    together = [];
  };
  for (const line of lines) {
    const sender = /^. 'message' .* port: ([^,]+)/.exec(line)?.[1];
    if (sender !== undefined) {
      together.push({ line, sender });
      continue;
    }
    flush();
    sorted.push({ line });
  }
  flush();
  return sorted.map(({ line }) => line);
}

/** "equal", "order" if only the order between sockets differs, or "different". */
export function compare(seen, expected) {
  if (seen.length !== expected.length) return "different";
  if (seen.every((line, index) => line === expected[index])) return "equal";
  const [ours, theirs] = [bySocket(seen), bySocket(expected)];
  const sameSockets = Object.keys(theirs).every((label) => ours[label]?.join("\n") === theirs[label].join("\n"));
  return sameSockets ? "order" : "different";
}

/** Whether something that an oracle can't have was seen. */
export const isBroken = (seen) => seen.some((line) => line.startsWith("? FAILED"));
