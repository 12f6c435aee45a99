/** The network of the scenarios in memory. */
import { createNetwork, type Network, type NetworkHost } from "@x/dgram/testing";
import { type Order, type Outcome, Player, type Told } from "./player.ts";
import { type ChangeName, type HostName, HOSTS, INTERFACES, SMALL_MTU, type Stage } from "./stage.ts";

export class MemoryStage implements Stage {
  readonly #net: Network = createNetwork({ seed: 1 });
  readonly #hosts: Readonly<Record<HostName, NetworkHost>>;
  readonly #players: Map<HostName, Player> = new Map();
  #told: Told[] = [];

  constructor() {
    const net = this.#net;
    const router = net.router({ name: "router", ...INTERFACES.router });
    const nat = net.nat({ name: "nat", kind: "masquerade", ...INTERFACES.nat });
    const host = (name: HostName, more: object = {}): NetworkHost =>
      net.host({ name, interfaces: INTERFACES[name], ...more });
    this.#hosts = {
      router,
      nat,
      a: host("a"),
      b: host("b"),
      c: host("c", { behind: router, mtu: SMALL_MTU }),
      d: host("d", { behind: nat }),
      e: host("e", { behind: nat }),
    };
    net.link("router", "c", { mtu: SMALL_MTU });
    for (const name of HOSTS) {
      const { dgram } = this.#hosts[name];
      this.#players.set(name, new Player((options) => dgram.createSocket(options), (told) => this.#told.push(told)));
    }
  }

  async order(host: HostName, order: Order): Promise<Outcome> {
    return await this.#players.get(host)!.carryOut(order);
  }

  async settle(): Promise<readonly Told[]> {
    await this.#net.idle();
    return this.#told.splice(0);
  }

  // deno-lint-ignore require-await
  async change(name: ChangeName): Promise<() => Promise<void>> {
    const { a, b, c, router, nat } = this.#hosts;
    const change = {
      "b is unplugged": () => this.#net.partition([b], [a, router, nat]),
      "nothing passes from a to b": () => this.#net.partition([a], [b], true),
      "nothing passes from the router to c": () => this.#net.partition([router], [c], true),
      "b prohibits a": () => this.#net.link(a, b, { cut: "prohibited" }, {}),
      "the router prohibits c": () => this.#net.link(router, c, { cut: "prohibited" }, {}),
    }[name]();
    return () => Promise.resolve(change.undo());
  }

  async unanswered(): Promise<void> {}

  async clear(): Promise<void> {
    for (const player of this.#players.values()) await player.end();
    await this.#net.close();
  }
}
