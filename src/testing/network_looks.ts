import { nothingElse } from "../core/nothing_else.ts";
import { validateObject } from "../core/validate.ts";
import { getErrno } from "../core/errors.ts";
import { toTime } from "./duration.ts";
import { notTraced } from "./errors.ts";
import type { Flight, ReadSpan } from "./flights.ts";
import type { HostStack } from "./host_stack.ts";
import type { Links } from "./links.ts";
import type { CaptureOptions, LinkCounters, NamedHost, NetworkLooks, SocketState, Span } from "./look_types.ts";
import { netstatOf } from "./netstat.ts";
import { checkKnown } from "./read_options.ts";
import type { Timeline } from "./timeline.ts";
import type { Trace, TraceEntry } from "./trace.ts";

type Draw = (flights: readonly Flight[], hosts: readonly string[] | null, known: readonly string[]) => string;

/** What of a network is looked at. */
export interface LookedAt {
  readonly trace: Trace | null;
  readonly timeline: Timeline;
  readonly links: Links;
  readonly seed: number;
  readonly stacks: ReadonlyMap<string, HostStack>;
  /** Names beside those of the hosts, and what they stand for. */
  readonly names: Iterable<readonly [name: string, addresses: readonly string[]]>;
  stackOf(host: NamedHost): HostStack;
}

/** The part of a network that shows it. */
export abstract class Looks implements NetworkLooks {
  protected abstract get lookedAt(): LookedAt;

  get trace(): readonly TraceEntry[] {
    return this.lookedAt.trace?.entries.slice() ?? [];
  }

  traceText(): string {
    return this.lookedAt.trace?.text() ?? "";
  }

  counters(): LinkCounters[] {
    return [...this.lookedAt.links.counts()]
      .filter(({ counts }) => counts.datagrams > 0)
      .map(({ from, to, counts: { datagrams, bytes, lost, cut, "no room": noRoom, duplicated, corrupted } }) => (
        { from, to, datagrams, bytes, lost, cut, noRoom, duplicated, corrupted }
      ));
  }

  sockets(): SocketState[] {
    return [...this.lookedAt.stacks.values()].flatMap(({ name, ports }) =>
      ports.all.map((socket) => ({ host: name, ...socket.state() }))
    );
  }

  netstat(): string {
    const { stacks, timeline } = this.lookedAt;
    return netstatOf({
      now: timeline.now,
      hosts: [...stacks.values()].map(({ name, running, interfaces }) => ({
        name,
        running,
        addresses: interfaces.addresses,
      })),
      sockets: this.sockets(),
      links: this.counters(),
      pending: timeline.describe(),
    });
  }

  async pcapng(options: CaptureOptions = nothingElse({})): Promise<Uint8Array> {
    validateObject(options, "options");
    checkKnown(options, ["host", "link"], "options");
    const { lookedAt } = this;
    const { host, link } = options;
    const point = host !== undefined
      ? { host: lookedAt.stackOf(host) }
      : link !== undefined
      ? { link: [lookedAt.stackOf(link[0]), lookedAt.stackOf(link[1])] as const }
      : null;
    const { kept } = this.#traced("pcapng()");
    const errnos = {
      refused: getErrno("ECONNREFUSED"),
      tooLong: getErrno("EMSGSIZE"),
      prohibited: [getErrno("EHOSTUNREACH"), getErrno("EACCES")],
    };
    return (await import("./views.ts")).capture(kept, point, namesIn(lookedAt), errnos);
  }

  mermaid(span: Span = nothingElse({})): Promise<string> {
    return this.#draw("mermaid()", span, ({ mermaidOf }) => mermaidOf);
  }

  svg(span: Span = nothingElse({})): Promise<string> {
    return this.#draw("svg()", span, ({ svgOf }) => svgOf);
  }

  html(span: Span = nothingElse({})): Promise<string> {
    const { seed } = this.lookedAt;
    return this.#draw("html()", span, ({ pageOf }) => (...shown) => pageOf(...shown, seed));
  }

  async #draw(name: string, span: Span, choose: (views: typeof import("./views.ts")) => Draw): Promise<string> {
    const read = this.#readSpan(span);
    const { kept } = this.#traced(name);
    const views = await import("./views.ts");
    return choose(views)(views.flightsOf(kept, read), read.hosts, [...this.lookedAt.stacks.keys()]);
  }

  #readSpan(span: Span): ReadSpan {
    validateObject(span, "span");
    checkKnown(span, ["from", "to", "hosts"], "span");
    const { from, to, hosts } = span;
    return {
      from: from === undefined ? 0 : toTime(from, "span.from"),
      to: to === undefined ? Infinity : toTime(to, "span.to"),
      hosts: hosts === undefined ? null : hosts.map((host) => this.lookedAt.stackOf(host).name),
    };
  }

  #traced(what: string): Trace {
    const { trace } = this.lookedAt;
    if (trace === null) throw notTraced(what);
    return trace;
  }
}

function* namesIn({ stacks, names }: LookedAt): Iterable<readonly [string, string]> {
  for (const { name, interfaces } of stacks.values()) {
    for (const address of interfaces.addresses) yield [address, name];
  }
  for (const [name, addresses] of names) for (const address of addresses) yield [address, name];
}
