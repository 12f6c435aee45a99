// net-snmp: a table is walked whole while datagrams are lost, come twice and overtake each other.
import assert from "node:assert/strict";
import snmp from "net-snmp";
import { finish, on, play } from "./play.mjs";

const table = "1.3.6.1.4.1.8072.9999.1";
const values = Array.from({ length: 60 }, (_, at) => `interface ${at}`);

const serve = () => {
  const agent = snmp.createAgent({ port: 161, disableAuthorization: true, accessControlModelType: 0 }, () => {});
  agent.registerProvider({
    name: "names",
    type: snmp.MibProviderType.Table,
    oid: table,
    maxAccess: snmp.MaxAccess["read-only"],
    tableColumns: [
      { number: 1, name: "index", type: snmp.ObjectType.Integer, maxAccess: snmp.MaxAccess["read-only"] },
      { number: 2, name: "name", type: snmp.ObjectType.OctetString, maxAccess: snmp.MaxAccess["read-only"] },
    ],
    tableIndex: [{ columnName: "index" }],
  });
  values.forEach((value, at) => agent.getMib().addTableRow("names", [at + 1, value]));
};

const walk = () =>
  new Promise((resolve, reject) => {
    const session = snmp.createSession("10.0.0.1", "public", { version: snmp.Version2c, retries: 9, timeout: 1000 });
    const found = [];
    session.subtree(`${table}.2`, 5, (varbinds) =>
      void found.push(...varbinds.map(({ value }) =>
        `${value}`
      )), (error) => {
      session.close();
      if (error) reject(error);
      else resolve(found);
    });
  });

const faults = {
  loss: 0.2,
  duplicate: 0.2,
  latency: "30ms",
  jitter: "25ms",
  reorder: { probability: 0.2, by: "1500ms" },
};
const { result, seconds } = await play({ seed: 3, link: faults }, (net) => {
  net.host({ name: "agent" }).run(serve);
  return on(net, net.host({ name: "manager" }), walk);
});
assert.deepEqual(result, values);
assert.ok(seconds > 1, `nothing was asked again in ${seconds} s`);

finish("net-snmp");
