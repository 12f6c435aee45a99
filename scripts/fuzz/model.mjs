// A small model of sockets: unbound, binding or bound; connecting or connected; open or closed. It reads what was seen of a
// program, call by call and event by event, and says what no sockets may do, whoever played it. It needs no oracle, and
// holds node:dgram to the same.

const LINE = /^(([a-d])\S*) (.*)$/s;
const CALL = /^(\w+) #(\d+) (is called with|returned|threw|calls back|resolved)(.*)$/s;
const TO_PEER = /^ (Buffer )?'[^']*', <callback>$/s;
const EVENT = /^'(\w+)'(.*)$/s;

const NOT_RUNNING = "ERR_SOCKET_DGRAM_NOT_RUNNING";
const ALREADY_BOUND = "ERR_SOCKET_ALREADY_BOUND";
const IS_CONNECTED = "ERR_SOCKET_DGRAM_IS_CONNECTED";
const NOT_CONNECTED = "ERR_SOCKET_DGRAM_NOT_CONNECTED";
const OF_STATE = [NOT_RUNNING, ALREADY_BOUND, IS_CONNECTED, NOT_CONNECTED];
const CONNECTING = ["connect", "connectSync"];
const BINDING = ["bind", "bindSync"];
/** These bind a socket that is not. */
const IMPLICIT = [...CONNECTING, "send"];
const CLOSING = ["close", "abort", "dispose"];
/** Whatever state a socket is in. */
const HARMLESS = ["ref", "unref", "abort", "dispose"];

const none = new Set();

/** One socket. What may be either is "unknown". */
class Model {
  bound = "no";
  peer = "no";
  peerPort = undefined;
  closed = "no";
  ended = false;
  /** How often it was to be bound and connected, and was told that it is. */
  binds = 0;
  listenings = 0;
  connects = 0;
  connected = 0;
  hasFailed = false;
  hasThrown = false;
  /** Callbacks to come, by the number of the call, and those that may come. */
  awaited = new Set();
  possible = new Set();

  /** What a call may end with: { returns } and the errors of states. */
  allowed(call) {
    if (HARMLESS.includes(call)) return { returns: true, codes: none };
    const codes = new Set();
    if (this.closed !== "no") codes.add(NOT_RUNNING);
    let returns = this.closed !== "yes";
    const refuse = (code, isSo) => {
      if (isSo !== "no") codes.add(code);
      if (isSo === "yes") returns = false;
    };
    // Where the look-up has answered it has one, or will have none, before it is told.
    const hasPeer = this.peer === "connecting" ? "unknown" : this.peer;
    const hasNone = { yes: "no", no: "yes" }[hasPeer] ?? "unknown";
    if (BINDING.includes(call)) refuse(ALREADY_BOUND, this.bound === "binding" ? "yes" : this.bound);
    if (call === "connectSync" && this.bound !== "yes") codes.add(ALREADY_BOUND);
    if (CONNECTING.includes(call)) refuse(IS_CONNECTED, hasPeer);
    if (call === "disconnect" || call === "remoteAddress") refuse(NOT_CONNECTED, hasNone);
    // One that names an address.
    if (call === "send" && this.peer !== "no") codes.add(IS_CONNECTED);
    return { returns, codes };
  }

  /** A call begins. */
  begin(call, values) {
    const before = { bound: this.bound, peer: this.peer, peerPort: this.peerPort };
    if (this.closed === "yes") return before;
    if ((BINDING.includes(call) || IMPLICIT.includes(call)) && this.bound === "no") {
      this.bound = "binding";
      this.binds++;
    }
    if (CONNECTING.includes(call) && this.peer !== "yes") {
      this.peer = this.peer === "no" ? "connecting" : "unknown";
      this.peerPort = /^ (<port .>)/.exec(values)?.[1];
      this.connects++;
    }
    if (call === "dispose") this.close(call);
    return before;
  }

  returned(call) {
    if (this.closed === "yes") return;
    if (call === "bindSync" || call === "connectSync") this.bound = "yes";
    if (call === "connectSync") this.peer = "yes";
    if (call === "disconnect") this.peer = "no";
    if (CLOSING.includes(call)) this.close(call);
  }

  /**
   * While it binds close() may wait for that, for ever if a listener has thrown when it was bound; and an abort closes only
   * a socket that has a signal.
   */
  close(call) {
    const isSure = call !== "abort" && this.bound !== "binding" && !this.hasThrown;
    if (this.closed !== "yes") this.closed = isSure ? "yes" : "unknown";
  }

  /** What is wrong with an event, or undefined. */
  happened(event, values) {
    if (this.ended) return "comes after 'close'";
    if (event === "listening") {
      this.bound = "yes";
      if (++this.listenings > this.binds) return "was not asked for";
    } else if (event === "connect") {
      if (this.peer === "connecting") this.peer = "yes";
      if (++this.connected > this.connects) return "was not asked for";
    } else if (event === "error") {
      this.failed(values);
    } else if (event === "close") {
      // At the end of a program each is closed without a line that says so.
      this.closed = "yes";
      this.ended = true;
    } else if (this.closed === "yes") {
      return "comes after close()";
    } else if (this.peer === "yes" && this.peerPort !== undefined && !values.includes(`port: ${this.peerPort},`)) {
      return "is not of its peer";
    }
    return undefined;
  }

  failed(values) {
    if (values.includes("recvmsg")) return;
    this.hasFailed = true;
    if (this.bound === "binding") this.bound = this.peer = "unknown";
    // It may be of a datagram's name.
    else if (this.peer === "connecting") this.peer = "unknown";
  }
}

/** What is wrong in a trace, a line each. Empty, if all is as it may be. */
export function violations(seen) {
  const sockets = {};
  const wrong = [];
  const open = new Map();
  const sent = new Map();
  const heard = new Set();
  // Two sockets may have one port, of two addresses.
  const shared = seen.some((line) => /bind\w* #\d+ is called with .*<port/.test(line));
  const blame = (line, reason) => wrong.push(`${reason}: ${line.slice(0, 200)}`);
  for (const line of seen) {
    const [, , label, rest] = LINE.exec(line) ?? [];
    if (label === undefined) continue;
    const socket = sockets[label] ??= new Model();
    const [, call, number, what, values] = CALL.exec(rest) ?? [];
    const [, event, about] = EVENT.exec(rest) ?? [];
    if (what === "is called with") {
      const allowed = socket.allowed(call);
      open.set(number, { allowed, before: socket.begin(call, values) });
      if (call === "send") sent.set(number, label);
      // A connected socket's send() that names a port names no callback.
      const isSure = call === "send" && (socket.peer === "no" || socket.peer === "yes" && TO_PEER.test(values));
      if (values.includes("<callback>")) (isSure ? socket.awaited : socket.possible).add(number);
    } else if (what === "returned" || what === "threw") {
      const { allowed, before } = open.get(number);
      const code = values.startsWith(": it is closed") ? NOT_RUNNING : OF_STATE.find((code) => values.includes(code));
      if (what === "returned") {
        if (!allowed.returns) blame(line, "a call was to be refused");
        socket.returned(call);
      } else {
        // Its listeners may have changed the socket meanwhile.
        if (code && !allowed.codes.has(code) && !socket.allowed(call).codes.has(code)) {
          blame(line, "an error of no state");
        }
        if (socket.closed !== "yes") Object.assign(socket, before);
        // What is added as a listener stays, whatever else is wrong.
        if (call === "send") {
          sent.delete(number);
          socket.awaited.delete(number);
          socket.possible.delete(number);
        }
      }
    } else if (what === "calls back") {
      if (!socket.awaited.delete(number) && !socket.possible.delete(number)) {
        blame(line, "it was called back already, or has thrown");
      } else if (call === "send" && socket.ended) blame(line, "it is called back after 'close'");
      if (CONNECTING.includes(call) && values.includes("Error")) socket.peer = "unknown";
    } else if (rest.startsWith("uncaughtException")) {
      socket.hasThrown = true;
    } else if (event !== undefined) {
      const reason = socket.happened(event, about);
      if (reason) blame(line, reason);
      if (event === "message") checkMessage(line, about, { sockets, shared, sent, heard, blame });
    }
  }
  for (const [label, { ended, hasFailed, awaited }] of Object.entries(sockets)) {
    if (!ended || hasFailed) continue;
    for (const number of awaited) wrong.push(`${label} send #${number} is never called back`);
  }
  return wrong;
}

/** What arrives was sent, by who it says, and arrives once. */
function checkMessage(line, values, { sockets, shared, sent, heard, blame }) {
  const [, number] = /^ Buffer '#(\d+) /.exec(values) ?? [];
  if (number === undefined) return;
  const [, from] = / port: <port (.)>/.exec(values) ?? [];
  if (!sent.has(number)) blame(line, "nobody has sent it");
  // A port whose socket is closed may be another's.
  else if (!shared && sockets[from]?.ended === false && sent.get(number) !== from) blame(line, "another has sent it");
  if (heard.has(number)) blame(line, "it has come before");
  heard.add(number);
}
