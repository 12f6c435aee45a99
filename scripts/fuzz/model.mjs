// A small model of sockets: unbound, binding or bound; connecting or connected; open or closed. It reads what was seen of a
// program, call by call and event by event, and says what no sockets may do, whoever played it. It needs no oracle, and
// holds node:dgram to the same.

const LINE = /^([a-d])\S* (.*)$/s;
const CALL = /^(\w+) #(\d+) (is called with|returned|threw|calls back|fulfills|rejects)(.*)$/s;
const TO_PEER = /^ (Buffer )?'[^']*', <callback>$/s;
const EVENT = /^'(\w+)'(.*)$/s;

const NOT_RUNNING = "ERR_SOCKET_DGRAM_NOT_RUNNING";
const ALREADY_BOUND = "ERR_SOCKET_ALREADY_BOUND";
const IS_CONNECTED = "ERR_SOCKET_DGRAM_IS_CONNECTED";
const NOT_CONNECTED = "ERR_SOCKET_DGRAM_NOT_CONNECTED";
const OF_STATE = [NOT_RUNNING, ALREADY_BOUND, IS_CONNECTED, NOT_CONNECTED];
const CONNECTING = ["connect", "connectSync"];
const BINDING = ["bind", "bindSync"];
/** These bind a socket that is not bound. */
const BOUND_AFTER = [...BINDING, ...CONNECTING, "send"];
/** These do so unless they are refused, and sendMany() unless it is given nothing. */
const MAY_BIND = /^sendMany$|Membership$/;
/** What these ask for waits while a socket binds, and close() behind it. */
const WAITING = /^(connect|send|sendMany)$/;
const CLOSING = ["close", "abort", "dispose"];
const SENDING = ["send", "sendMany"];
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
  paused = false;
  /** Something waits for its bind, or did so a moment ago. */
  queued = false;
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
    if (SENDING.includes(call) && this.peer !== "no") codes.add(IS_CONNECTED);
    return { returns, codes };
  }

  /** A call begins. */
  begin(call, values) {
    const before = { bound: this.bound, peer: this.peer, peerPort: this.peerPort };
    if (this.closed === "yes") return before;
    if (BOUND_AFTER.includes(call) && this.bound === "no") {
      this.bound = "binding";
      this.binds++;
    } else if (MAY_BIND.test(call) && this.bound === "no") {
      this.bound = "unknown";
      this.binds++;
    }
    if (this.bound !== "yes" && WAITING.test(call)) this.queued = true;
    if (CONNECTING.includes(call) && this.peer !== "yes") {
      this.peer = this.peer === "no" ? "connecting" : "unknown";
      this.peerPort = /^ (<port .>)/.exec(values)?.[1];
      this.connects++;
    }
    if (call === "dispose") this.close(call);
    if (call === "resume") this.paused = false;
    return before;
  }

  returned(call) {
    if (this.closed === "yes") return;
    if (call === "bindSync" || call === "connectSync") this.bound = "yes";
    if (call === "connectSync") this.peer = "yes";
    if (call === "disconnect") this.peer = "no";
    if (call === "pause") this.paused = true;
    if (CLOSING.includes(call)) this.close(call);
  }

  /**
   * While it binds close() may wait for that, for ever if a listener has thrown when it was bound; and an abort closes only
   * a socket that has a signal.
   */
  close(call) {
    const isSure = call !== "abort" && this.bound !== "binding" && !this.queued && !this.hasThrown;
    if (this.closed !== "yes") this.closed = isSure ? "yes" : "unknown";
  }

  /** What is wrong with an event, or undefined. */
  happened(event, values) {
    if (this.ended) return "comes after 'close'";
    if (event !== "listening") this.queued = false;
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
    } else if (this.paused) {
      return "comes while it is paused";
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

/** Whether an error is one of the state before the call, or after it: its listeners may have changed the socket meanwhile. */
const mayTell = (code, before, after) => !code || before.codes.has(code) || after.codes.has(code);

/** A trace, line by line. */
class Reader {
  #sockets = {};
  #wrong = [];
  /** What each call might end with when it began, and what its socket was, by its number. */
  #calls = new Map();
  /** Who has sent each datagram, by the number of the call. */
  #sent = new Map();
  #heard = new Set();
  /** Two sockets may have one port, of two addresses. */
  #shares;

  constructor(seen) {
    this.#shares = seen.some((line) => /bind\w* #\d+ is called with .*<port/.test(line));
    for (const line of seen) this.#read(line);
  }

  /** What is wrong with all of it. */
  end() {
    const wrong = [...this.#wrong];
    for (const [label, { ended, hasFailed, awaited }] of Object.entries(this.#sockets)) {
      if (!ended || hasFailed) continue;
      for (const number of awaited) wrong.push(`${label} send #${number} is never called back`);
    }
    return wrong;
  }

  #read(line) {
    const [, label, rest] = LINE.exec(line) ?? [];
    if (label === undefined) return;
    const socket = this.#sockets[label] ??= new Model();
    const [, call, number, what, values] = CALL.exec(rest) ?? [];
    const [, event, about] = EVENT.exec(rest) ?? [];
    if (what === "is called with") this.#called(socket, label, call, number, values);
    else if (what === "returned") this.#blame(line, this.#returned(socket, call, number));
    else if (what === "threw") this.#blame(line, this.#threw(socket, call, number, values));
    else if (what === "fulfills" || what === "rejects") {
      this.#blame(line, this.#settled(socket, call, number, values, what));
    } else if (what === "calls back") this.#blame(line, this.#calledBack(socket, call, number, values));
    else if (rest.startsWith("uncaughtException")) socket.hasThrown = true;
    else if (event !== undefined) this.#blame(line, socket.happened(event, about));
    if (event === "message") { for (const reason of this.#arrived(about)) this.#blame(line, reason); }
  }

  #blame(line, reason) {
    if (reason !== undefined) this.#wrong.push(`${reason}: ${line.slice(0, 200)}`);
  }

  #called(socket, label, call, number, values) {
    const allowed = socket.allowed(call);
    this.#calls.set(number, { allowed, before: socket.begin(call, values) });
    if (SENDING.includes(call)) this.#sent.set(number, label);
    if (call === "sendMany") socket.awaited.add(number);
    if (!values.includes("<callback>")) return;
    // A connected socket's send() that names a port names no callback.
    const isSure = call === "send" && (socket.peer === "no" || socket.peer === "yes" && TO_PEER.test(values));
    (isSure ? socket.awaited : socket.possible).add(number);
  }

  #returned(socket, call, number) {
    socket.returned(call);
    // What it refuses its promise tells.
    if (call === "sendMany") return undefined;
    return this.#calls.get(number).allowed.returns ? undefined : "a call was to be refused";
  }

  #threw(socket, call, number, values) {
    const { allowed, before } = this.#calls.get(number);
    const code = values.startsWith(": it is closed") ? NOT_RUNNING : OF_STATE.find((code) => values.includes(code));
    const isAllowed = mayTell(code, allowed, socket.allowed(call));
    if (socket.closed !== "yes") Object.assign(socket, before);
    // What is added as a listener stays, whatever else is wrong.
    if (call === "send") {
      this.#sent.delete(number);
      socket.awaited.delete(number);
      socket.possible.delete(number);
    }
    return isAllowed ? undefined : "an error of no state";
  }

  #calledBack(socket, call, number, values) {
    if (CONNECTING.includes(call) && values.includes("Error")) socket.peer = "unknown";
    socket.queued = false;
    const isDue = socket.awaited.delete(number) || socket.possible.delete(number);
    // The 'connect' of another connection has called it before its own failed.
    if (!isDue && call === "connect" && socket.connects > 1 && values.includes("Error")) return undefined;
    if (!isDue) return "it was called back already, or has thrown";
    return call === "send" && socket.ended ? "it is called back after 'close'" : undefined;
  }

  #settled(socket, call, number, values, how) {
    const { allowed } = this.#calls.get(number);
    if (!socket.awaited.delete(number)) return "it was settled already";
    if (how === "fulfills") return allowed.returns ? undefined : "a call was to be refused";
    const code = OF_STATE.find((code) => values.includes(code));
    return mayTell(code, allowed, socket.allowed(call)) ? undefined : "an error of no state";
  }

  /** What arrives was sent, by who it says, and arrives once. */
  *#arrived(values) {
    const [, datagram, number] = /^ Buffer '#((\d+)\S*) /.exec(values) ?? [];
    if (number === undefined) return;
    const [, from] = / port: <port (.)>/.exec(values) ?? [];
    // A port whose socket is closed may be another's.
    const isSure = !this.#shares && this.#sockets[from]?.ended === false;
    if (!this.#sent.has(number)) yield "nobody has sent it";
    else if (isSure && this.#sent.get(number) !== from) yield "another has sent it";
    if (this.#heard.has(datagram)) yield "it has come before";
    this.#heard.add(datagram);
  }
}

/** What is wrong in a trace, a line each. Empty, if all is as it may be. */
export const violations = (seen) => new Reader(seen).end();
