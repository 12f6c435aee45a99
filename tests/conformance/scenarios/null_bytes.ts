/** Names and addresses with a NUL, where C would see their end. */
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";

const HOST = "127.0.0.1";
const NAMES = ["localhost\0.example.com", "127.0.0.1\0", "\0"];

const refused = (label: string, name: string, value: string): string =>
  `${label} threw TypeError [ERR_INVALID_ARG_VALUE]: The argument '${name}' must be a string without null bytes. ` +
  `Received ${value}`;

export const nullByteScenarios: readonly Scenario[] = [
  ...NAMES.map((name) =>
    scenario(`a NUL in ${JSON.stringify(name)} is refused as a host name`, { rows: [35, 51, 84] }, async (stage) => {
      const a = await stage.bound("a");
      stage.call("send", () => a.send("x", 9, name, stage.callback("cb")));
      stage.call("connect", () => a.connect(9, name, stage.callback("cb")));
      const b = stage.socket("b");
      stage.call("bind", () => b.bind(0, name));
      const c = stage.socket("c");
      stage.call("bindSync", () => c.bindSync({ address: name }));
      stage.call("connectSync", () => c.connectSync(9, name));
      await stage.settle();
    })
  ),

  scenario("a NUL in the name that an unbound socket sends to is thrown when it is bound", { rows: [75, 84] }, async (
    stage,
  ) => {
    const a = stage.socket("a");
    stage.call("send", () => a.send("x", 9, NAMES[0], stage.callback("cb")));
    await stage.settle();
  }),

  scenario("a look-up of the user's is given a name with its NUL", { rows: [18, 35] }, async (stage) => {
    const lookup = (name: string, _family: number, done: (error: null, address: string) => void): void => {
      stage.note("asked for", name);
      done(null, HOST);
    };
    stage.socket("a", { type: "udp4", lookup }).bind(0, NAMES[0]);
    await stage.settle();
  }),

  scenario("a NUL in a group or an interface is refused", {
    rows: [119, 120, 121],
    needs: ["membership", "multicastInterface"],
    deviates: {
      row: 120,
      expected: [
        refused("join", "multicastAddress", "'224.0.0.99\\x00'"),
        refused("join", "multicastInterface", "'127.0.0.1\\x00'"),
        refused("leave", "multicastAddress", "'224.0.0.99\\x00'"),
        refused("interface", "interfaceAddress", "'127.0.0.1\\x00'"),
      ],
    },
  }, async (stage) => {
    const a = await stage.bound("a");
    stage.call("join", () => a.addMembership("224.0.0.99\0", HOST));
    stage.call("join", () => a.addMembership("224.0.0.98", `${HOST}\0`));
    stage.call("leave", () => a.dropMembership("224.0.0.99\0", HOST));
    stage.call("interface", () => a.setMulticastInterface(`${HOST}\0`));
  }),
];
