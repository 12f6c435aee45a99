// @ts-check
// Asks a DNS server for a name's records.
//
//   node examples/dns_query.mjs example.com AAAA --server 127.0.0.1 --port 53
import { randomInt } from "node:crypto";
import process from "node:process";
import { parseArgs } from "node:util";
import { connect } from "@x/dgram/promises";
import { decode, encodeQuery, isAnswer, tryDecode, TYPES } from "./dns_message.mjs";
import { printable } from "./printable.mjs";

const { positionals: [name = "localhost", type = "A"], values } = parseArgs({
  allowPositionals: true,
  options: { server: { type: "string", default: "127.0.0.1" }, port: { type: "string", default: "53" } },
});

try {
  if (!TYPES[type]) throw new Error(`not one of ${Object.keys(TYPES).join(", ")}: ${type}`);
  const query = encodeQuery({ name, type: TYPES[type], id: randomInt(0x10000) });

  const socket = await connect({ address: values.server, port: Number(values.port) });
  const { data } = await socket.request(query, {
    match: ({ data }) => isAnswer(query, data) && tryDecode(data) !== undefined,
    timeout: 500,
    retries: 3,
  }).finally(() => socket.close());

  const { code, truncated, records } = decode(data);
  if (code !== "NOERROR") throw new Error(`${name}: ${code}`);
  if (truncated) throw new Error(`${name}: the answer does not fit into a datagram; ask by TCP`);
  if (records.length === 0) throw new Error(`${name}: no ${type} record`);
  for (const record of records) console.log(printable(`${record.name} ${record.ttl} ${record.type} ${record.value}`));
} catch (error) {
  console.error(`dns_query: ${/** @type {Error} */ (error).message}`);
  process.exitCode = 1;
}
