/** A scenario, as it plays: what is done, and what came of it, line by line. */
import type { Bytes } from "./player.ts";
import type { ChangeName, HostName, Stage } from "./stage.ts";

/** What is played on both. */
export interface Scenario {
  readonly name: string;
  /** IP versions that it is about; both if left out. */
  readonly families?: readonly (4 | 6)[];
  /** Whether hosts learn of paths what must not be known in the next scenario. */
  readonly learns?: boolean;
  readonly play: (play: Play, family: 4 | 6) => Promise<void>;
}

/** A socket of a scenario. */
export class PlayedSocket {
  readonly #play: Play;
  readonly #host: HostName;
  readonly name: string;

  constructor(play: Play, host: HostName, name: string) {
    this.#play = play;
    this.#host = host;
    this.name = name;
  }

  /** Calls a method, and notes what came of it. */
  async call(method: string, ...args: unknown[]): Promise<void> {
    await this.#play.order(this.#host, this.name, method, args);
  }

  /** Sends, and waits for the callback. */
  async send(what: string | Bytes, ...to: unknown[]): Promise<void> {
    await this.call("send", what, ...to);
  }

  /** Sends, and waits for what comes of that everywhere. */
  async tell(what: string | Bytes, ...to: unknown[]): Promise<void> {
    await this.send(what, ...to);
    await this.#play.settle();
  }
}

export class Play {
  readonly trace: string[] = [];
  /** One that no other scenario has: what a kernel has tracked, it remembers for a while. */
  readonly port: number;
  /** For each pause, how much each socket had told. */
  readonly counts: ReadonlyMap<string, number>[] = [];
  readonly #stage: Stage;
  readonly #expected: readonly ReadonlyMap<string, number>[] | undefined;
  readonly #names: string[] = [];
  /** Those that the scenario names, and others: each is what it is the how maniest of. */
  readonly #ports: Set<number> = new Set();
  readonly #chosen: number[] = [];

  /** @param port see {@linkcode Play.port} */
  constructor(stage: Stage, port: number, expected?: readonly ReadonlyMap<string, number>[]) {
    this.#stage = stage;
    this.port = port;
    this.#expected = expected;
  }

  /** Opens a socket, and binds it. */
  async open(host: HostName, options: string | object, bind: object, name: string = host): Promise<PlayedSocket> {
    this.#names.push(name);
    await this.order(host, name, "open", [typeof options === "string" ? { type: options } : options, bind]);
    return new PlayedSocket(this, host, name);
  }

  async order(host: HostName, socket: string, method: string, args: readonly unknown[]): Promise<void> {
    const outcome = await this.#stage.order(host, { socket, method, args });
    for (const each of JSON.stringify(args).match(/\b\d+\b/g) ?? []) this.#ports.add(Number(each));
    const came = "error" in outcome ? outcome.error : JSON.stringify(outcome.value);
    this.trace.push(`${socket}.${method}(${args.map((each) => JSON.stringify(each)).join(", ")}): ${came}`);
  }

  /** Waits until nothing is on its way, and notes what sockets have told: one after the other, each in its order. */
  async settle(): Promise<void> {
    const told = await this.#stage.settle(this.#expected?.[this.counts.length]);
    const counts = new Map<string, number>();
    for (const name of this.#names) {
      const own = told.filter(({ socket }) => socket === name);
      counts.set(name, own.length);
      for (const { what } of own) this.trace.push(`${name} ${this.#known(what)}`);
    }
    this.counts.push(counts);
  }

  /** A port that was chosen by chance is not the same in both. */
  #known(what: string): string {
    return what.replace(/"port":(\d+)/, (whole, text) => {
      const port = Number(text);
      if (this.#ports.has(port)) return whole;
      if (!this.#chosen.includes(port)) this.#chosen.push(port);
      return `"port":"chosen ${this.#chosen.indexOf(port) + 1}"`;
    });
  }

  async change(name: ChangeName): Promise<() => Promise<void>> {
    this.trace.push(name);
    const undo = await this.#stage.change(name);
    return async () => {
      this.trace.push(`no longer: ${name}`);
      await undo();
    };
  }

  /** Has hosts find out that nobody has an address. */
  async unanswered(host: HostName, ...addresses: string[]): Promise<void> {
    await this.#stage.unanswered(host, addresses);
    await this.settle();
  }
}

/** Plays it; answers all that was noted. */
export async function playOn(
  stage: Stage,
  { play, learns = false }: Scenario,
  family: 4 | 6,
  port: number,
  expected?: Play["counts"],
): Promise<Play> {
  const playing = new Play(stage, port, expected);
  try {
    await play(playing, family);
    await playing.settle();
  } finally {
    await stage.clear(learns);
  }
  return playing;
}
