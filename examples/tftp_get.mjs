// @ts-check
// Fetches a file by TFTP (RFC 1350).
//
//   node examples/tftp_get.mjs remote.bin local.bin --server 127.0.0.1 --port 69
import { Buffer } from "node:buffer";
import { lookup } from "node:dns/promises";
import { writeFile } from "node:fs/promises";
import { isIP, isIPv6 } from "node:net";
import { basename } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { bind } from "@x/dgram/promises";
import { printable } from "./printable.mjs";

const [READ, DATA, ACKNOWLEDGE, ERROR] = [1, 3, 4, 5];
const HEADER = 4;
const BLOCK = 512;
const MOST_BLOCKS = 0xffff; // that have a number of their own

const { positionals: [remote, local = basename(remote ?? "")], values } = parseArgs({
  allowPositionals: true,
  options: { server: { type: "string", default: "127.0.0.1" }, port: { type: "string", default: "69" } },
});

/** @param {number} block */
const acknowledgement = (block) => Buffer.from([0, ACKNOWLEDGE, block >> 8, block & 255]);

/** @param {number} block */
function isReply(block) {
  return (/** @type {{ data: Buffer }} */ { data }) => {
    if (data.length < HEADER || data.length > HEADER + BLOCK) return false;
    const operation = data.readUInt16BE(0);
    return operation === ERROR || operation === DATA && data.readUInt16BE(2) === block;
  };
}

/**
 * The server's address as the kernel writes it, to know its answers by.
 * @param {string} server
 */
async function addressOf(server) {
  if (isIPv6(server)) return new URL(`http://[${server.split("%")[0]}]/`).hostname.slice(1, -1);
  return isIP(server) ? server : (await lookup(server, 4)).address;
}

/**
 * @param {import("@x/dgram/promises").BoundSocket} socket
 * @param {string} server
 */
async function fetchBlocks(socket, server) {
  const blocks = [];
  const isReplyToRequest = isReply(1);
  const request = Buffer.concat([Buffer.from([0, READ]), Buffer.from(`${remote}\0octet\0`)]);
  // The server answers from a port that it opens for this file alone; the rest goes there.
  let { data, address, port } = await socket.request(request, {
    port: Number(values.port),
    address: isIPv6(values.server) ? values.server : server,
    anyPeer: true,
    match: (datagram) => datagram.address.split("%")[0] === server && isReplyToRequest(datagram),
  });
  for (let number = 1; number <= MOST_BLOCKS; number++) {
    if (data.readUInt16BE(0) === ERROR) {
      throw new Error(printable(`${remote}: ${data.toString("utf8", HEADER).replace(/\0.*$/s, "")}`));
    }
    blocks.push(data.subarray(HEADER));
    const last = data.length < HEADER + BLOCK;
    if (last) await socket.send(acknowledgement(number), port, address);
    if (last) return blocks;
    ({ data } = await socket.request(acknowledgement(number), { port, address, match: isReply(number + 1) }));
  }
  throw new Error(`${remote}: longer than ${MOST_BLOCKS} blocks`);
}

try {
  if (!remote) throw new Error("there is no file's name");
  // What is sent twice and answered twice is of no use: it need not be kept.
  const server = await addressOf(values.server);
  const socket = await bind({ type: isIPv6(values.server) ? "udp6" : "udp4", inbox: { limit: 1 } });
  const blocks = await fetchBlocks(socket, server).finally(() => socket.close());
  const file = Buffer.concat(blocks);
  await writeFile(local, file);
  console.log(`${local}: ${file.length} bytes in ${blocks.length} blocks`);
} catch (error) {
  console.error(`tftp_get: ${/** @type {Error} */ (error).message}`);
  process.exitCode = 1;
}
