// Makes a program that is played differently as short as it can be: in each round all that lack one thing more are played
// together, and the first that still differs is the next one.

/** All programs that lack one thing of this one: a turn, a call, a callback, a listener's doing, a socket's oddity. */
export function* smaller(program) {
  const { sockets, turns } = program;
  for (const index of turns.keys()) yield { ...program, turns: turns.toSpliced(index, 1) };
  for (const [index, turn] of turns.entries()) {
    const put = (turn) => ({ ...program, turns: turns.with(index, turn) });
    for (const ops of lessOf(turn.ops)) yield put({ ...turn, ops });
    if (turn.then !== "quiet") yield put({ ...turn, then: "quiet" });
  }
  for (const [index, socket] of sockets.entries()) {
    const put = (change) => ({ ...program, sockets: sockets.with(index, { ...socket, ...change }) });
    for (const at of socket.reactions.keys()) yield put({ reactions: socket.reactions.toSpliced(at, 1) });
    for (const [at, reaction] of socket.reactions.entries()) {
      for (const less of lessThen(reaction)) {
        yield put({ reactions: socket.reactions.with(at, { ...reaction, ...less }) });
      }
    }
    if (socket.lookup !== "none") yield put({ lookup: "none" });
    if (socket.signal) yield put({ signal: false });
    if (socket.reuseAddr) yield put({ reuseAddr: false });
    if (!socket.heard) yield put({ heard: true });
    if (socket.type !== "udp4") yield put({ type: "udp4" });
  }
}

function* lessOf(ops) {
  for (const index of ops.keys()) yield ops.toSpliced(index, 1);
  for (const [index, op] of ops.entries()) {
    if (op.callback) {
      const { callback, ...without } = op;
      yield ops.with(index, without);
      for (const less of lessThen(callback)) yield ops.with(index, { ...op, callback: { ...callback, ...less } });
    }
    if (op.message && (op.message.kind !== "text" || op.message.size !== 8)) {
      yield ops.with(index, { ...op, message: { kind: "text", size: 8 } });
    }
    if (op.form && op.form !== "auto" && op.form !== "arguments") yield ops.with(index, { ...op, form: "auto" });
  }
}

function* lessThen({ ops, throws }) {
  if (throws) yield { throws: false };
  for (const less of lessOf(ops)) yield { ops: less };
}

/** `differing(programs)` answers the places of those that differ. */
export async function shrink(program, differing, rounds = 40) {
  let smallest = program;
  for (let round = 0; round < rounds; round++) {
    const candidates = [...smaller(smallest)];
    if (candidates.length === 0) break;
    const [first] = await differing(candidates);
    if (first === undefined) break;
    smallest = candidates[first];
  }
  return smallest;
}
