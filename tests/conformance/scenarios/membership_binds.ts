/** What a membership call does to an unbound socket. */
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";

const GROUP = "239.255.77.2";
const SOURCE_GROUP = "232.255.77.2";
const LOOPBACK = "127.0.0.1";
const ALREADY_BOUND = "threw Error [ERR_SOCKET_ALREADY_BOUND]: Socket is already bound";

export const membershipBindsScenarios: readonly Scenario[] = [
  scenario("addMembership() on an unbound socket binds it, and it receives", {
    rows: [47],
    needs: ["membership"],
    deviates: {
      row: 47,
      expected: [
        "addMembership returned undefined",
        "address returned { address: '0.0.0.0', family: 'IPv4', port: <port a> }",
        `bind ${ALREADY_BOUND}`,
        "a 'listening'",
        "a 'message' Buffer 'hello', { address: '127.0.0.1', family: 'IPv4', port: <port b>, size: 5 }",
      ],
    },
  }, async (stage) => {
    const b = await stage.bound("b");
    const a = stage.socket("a");
    stage.call("addMembership", () => a.addMembership(GROUP, LOOPBACK));
    stage.call("address", () => a.address());
    stage.call("bind", () => a.bind(0));
    await stage.settle();
    b.send("hello", a.address().port, LOOPBACK);
    await stage.quiet();
  }),

  scenario("addSourceSpecificMembership() on an unbound socket binds it", {
    rows: [47],
    needs: ["sourceSpecificMembership"],
    deviates: {
      row: 47,
      expected: [
        "addSourceSpecificMembership returned undefined",
        "address returned { address: '0.0.0.0', family: 'IPv4', port: <port a> }",
        `bind ${ALREADY_BOUND}`,
        "a 'listening'",
      ],
    },
  }, async (stage) => {
    const a = stage.socket("a");
    stage.call("addSourceSpecificMembership", () => a.addSourceSpecificMembership(LOOPBACK, SOURCE_GROUP, LOOPBACK));
    stage.call("address", () => a.address());
    stage.call("bind", () => a.bind(0));
    await stage.settle();
  }),

  scenario("a membership that fails leaves an unbound socket unbound", {
    rows: [47],
    needs: ["membership"],
    deviates: {
      row: 47,
      expected: [
        "addMembership threw Error [EINVAL]: addMembership EINVAL { errno: -EINVAL, syscall: 'addMembership' }",
        "dropMembership threw Error [EADDRNOTAVAIL]: dropMembership EADDRNOTAVAIL { errno: -EADDRNOTAVAIL, syscall: 'dropMembership' }",
        "address threw Error [EBADF]: getsockname EBADF { errno: -EBADF, syscall: 'getsockname' }",
        "bind returned <socket a>",
        "a 'listening'",
        "address returned { address: '127.0.0.1', family: 'IPv4', port: <port a> }",
      ],
    },
  }, async (stage) => {
    const a = stage.socket("a");
    stage.call("addMembership", () => a.addMembership("10.0.0.1", LOOPBACK));
    stage.call("dropMembership", () => a.dropMembership(GROUP, LOOPBACK));
    stage.call("address", () => a.address(), { as: (found) => found });
    stage.call("bind", () => a.bind(0, LOOPBACK));
    await stage.settle();
    stage.call("address", () => a.address());
  }),
];
