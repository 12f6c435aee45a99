/** Every method in every state. */
import type { Scenario, ScenarioFacts, Trace } from "../scenario.ts";
import { scenario } from "../scenario.ts";
import type { AnySocket, Stage } from "../stage.ts";
import { methods } from "./methods.ts";
import type { Method } from "./methods.ts";

interface State {
  /** As in "send() on an unbound socket". */
  readonly name: string;
  readonly needs?: ScenarioFacts["needs"];
  /** Answers a socket, labelled `a`, that is in the state now. */
  readonly enter: (stage: Stage, port: number) => AnySocket | Promise<AnySocket>;
}

const states: readonly State[] = [
  { name: "an unbound", enter: (stage) => stage.socket("a") },
  {
    name: "a binding",
    enter: (stage) => stage.socket("a").bind(0, "127.0.0.1"),
  },
  { name: "a bound", enter: (stage) => stage.bound("a") },
  {
    name: "a connecting",
    needs: ["connect"],
    enter: (stage, port) => {
      const a = stage.socket("a");
      a.connect(port, "127.0.0.1");
      return a;
    },
  },
  { name: "a connected", needs: ["connect"], enter: (stage, port) => stage.connected("a", port) },
  {
    name: "a closed",
    enter: async (stage) => {
      const a = await stage.bound("a");
      await new Promise<void>((resolve) => {
        a.close();
        a.once("close", resolve);
      });
      return a;
    },
  },
];

/** A method's own features matter where it gets as far as the kernel; it fails alike everywhere else. */
function features(state: State, method: Method): Pick<ScenarioFacts, "needs" | "native"> {
  const reaches = state.name === "a bound" || state.name === "a connected" || method.name.includes("Membership");
  const { needs = [], native = [] } = reaches ? method : {};
  return { needs: [...state.needs ?? [], ...needs], native };
}

const NOT_RUNNING = "threw Error [ERR_SOCKET_DGRAM_NOT_RUNNING]: Not running";
const RAW_ON_CLOSED = /^(setBroadcast|setTTL|setMulticastTTL|setMulticastLoopback|[gs]et(Recv|Send)(Buffer|Queue).*)$/;

const NO_MEMBER: Readonly<Record<string, string>> = {
  dropMembership: "EADDRNOTAVAIL",
  dropSourceSpecificMembership: "EINVAL",
};

/** The traces of the methods whose defects are mended. */
function deviation(state: State, { name }: Method): { row: number; expected: Trace } | undefined {
  if (state.name === "a closed" && (RAW_ON_CLOSED.test(name) || name === "connect")) {
    return { row: 110, expected: ["a 'close'", `${name} ${NOT_RUNNING}`] };
  }
  if (!name.endsWith("Membership")) return undefined;
  if (state.name === "an unbound" && name.startsWith("add")) {
    return { row: 47, expected: [`${name} returned undefined`, "a 'listening'"] };
  }
  // node:dgram binds the system's socket here, so that the bind that is under way fails with EINVAL.
  if (state.name !== "a binding" && state.name !== "a connecting") return undefined;
  const code = NO_MEMBER[name];
  const failure = `a 'error' Error [${code}]: ${name} ${code} { errno: -${code}, syscall: '${name}' }`;
  const expected = [`${name} returned undefined`, "a 'listening'"];
  if (code !== undefined) expected.push(failure);
  if (state.name === "a connecting") expected.push("a 'connect'");
  return { row: 47, expected };
}

export const stateScenarios: readonly Scenario[] = states.flatMap((state) =>
  methods.map((method) => {
    const deviates = deviation(state, method);
    const facts = { rows: [9, 60, 61, 110, 111, 114], ...features(state, method), ...(deviates && { deviates }) };
    return scenario(`${method.name}() on ${state.name} socket`, facts, async (stage) => {
      const peer = await stage.bound("peer");
      const { port } = peer.address();
      const a = await state.enter(stage, port);
      const how = method.as ? { as: method.as } : {};
      stage.call(method.name, () => method.call(a, port, stage), how);
      await stage.quiet();
    });
  })
);
