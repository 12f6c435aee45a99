// @ts-check
// Finds services on the local network by multicast DNS (RFC 6762) and DNS service discovery (RFC 6763).
//
//   node examples/mdns_discover.mjs _http._tcp --interface 127.0.0.1 --seconds 3
import process from "node:process";
import { parseArgs } from "node:util";
import { capabilities } from "@x/dgram";
import { bind } from "@x/dgram/promises";
import { encodeQuery, tryDecode, TYPES } from "./dns_message.mjs";
import { printable } from "./printable.mjs";

const [GROUP, PORT] = ["224.0.0.251", 5353];
const ANSWER_ME = 0x8001; // class IN, and the wish that the answer comes to us and not to the group

const { positionals: [service = "_http._tcp"], values } = parseArgs({
  allowPositionals: true,
  options: {
    interface: { type: "string", default: "127.0.0.1" },
    seconds: { type: "string", default: "3" },
    most: { type: "string", default: "100" },
  },
});

/**
 * The services that an answer tells of, one line each; what is no answer tells of none.
 * @param {import("node:buffer").Buffer} data
 * @param {string} name
 */
function services(data, name) {
  const records = data.length > 2 && data[2] >= 0x80 ? tryDecode(data)?.records ?? [] : [];
  const values = new Map(records.map((record) => [`${record.type} ${record.name}`, record.value]));
  const value = (/** @type {string} */ of, /** @type {string} */ type) => values.get(`${type} ${of}`) ?? "";
  return records.filter((record) => record.name === name && record.type === "PTR").map(({ value: instance }) => {
    const place = value(instance, "SRV");
    return [instance, place, value(place.replace(/:\d+$/, ""), "A"), value(instance, "TXT")].map(printable).join("\t");
  });
}

try {
  const name = `${service}.local`;
  // Where no interface can be chosen for multicast, Linux takes that of the address bound to.
  const socket = await bind({ address: values.interface });
  if (capabilities.features.multicastInterface !== "unavailable") socket.setMulticastInterface(values.interface);
  const signal = AbortSignal.timeout(Number(values.seconds) * 1000);
  const question = encodeQuery({ name, type: TYPES.PTR, flags: 0, classCode: ANSWER_ME });
  /** @type {Set<string>} */
  const found = new Set();
  try {
    await socket.send(question, PORT, GROUP);
    for await (const { data, port } of socket.datagrams({ signal })) {
      // An answer leaves from the port that was asked (RFC 6762, 6).
      if (port !== PORT) continue;
      for (const line of services(data, name)) if (found.size < found.add(line).size) console.log(line);
      if (found.size >= Number(values.most)) break;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await socket.close();
  }
  if (found.size === 0) throw new Error(`nobody offers ${service} within ${values.seconds} s`);
} catch (error) {
  console.error(`mdns_discover: ${/** @type {Error} */ (error).message}`);
  process.exitCode = 1;
}
