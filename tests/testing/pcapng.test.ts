/** Capture files: read here by a reader of their format alone, and by tshark where it is installed. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { createNetwork, type Network, type NetworkHost } from "@x/dgram/testing";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { runtime } from "../support/child.ts";

interface Read {
  readonly links: readonly number[];
  readonly interfaces: readonly string[];
  readonly names: readonly string[];
  readonly packets: readonly {
    readonly through: number;
    readonly nanoseconds: bigint;
    readonly comment: string;
    readonly direction: number;
    readonly bytes: Uint8Array;
  }[];
}

/** After the draft-ietf-opsawg-pcapng, for little-endian sections. */
function readPcapng(file: Uint8Array): Read {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const text = (at: number, length: number): string => new TextDecoder().decode(file.subarray(at, at + length));
  const read = { links: [] as number[], interfaces: [] as string[], names: [] as string[], packets: [] as unknown[] };
  for (let at = 0; at < file.length;) {
    const [type, length] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    assertEquals(length % 4, 0);
    assertEquals(view.getUint32(at + length - 4, true), length);
    const options = (from: number): Map<number, [number, number]> => {
      const found = new Map<number, [number, number]>();
      for (let place = from; place < at + length - 4;) {
        const [code, size] = [view.getUint16(place, true), view.getUint16(place + 2, true)];
        if (code === 0) break;
        found.set(code, [place + 4, size]);
        place += 4 + (size + 3 & ~3);
      }
      return found;
    };
    if (type === 0x0a0d0d0a) assertEquals(view.getUint32(at + 8, true), 0x1a2b3c4d);
    else if (type === 1) {
      const found = options(at + 16);
      read.links.push(view.getUint16(at + 8, true));
      read.interfaces.push(text(...found.get(2)!));
      assertEquals(file[found.get(9)![0]], 9);
    } else if (type === 4) {
      for (let place = at + 8; view.getUint16(place, true) !== 0;) {
        const [kind, size] = [view.getUint16(place, true), view.getUint16(place + 2, true)];
        const width = kind === 1 ? 4 : 16;
        const address = [...file.subarray(place + 4, place + 4 + width)].join(".");
        read.names.push(`${address} ${text(place + 4 + width, size - width - 1)}`);
        place += 4 + (size + 3 & ~3);
      }
    } else {
      assertEquals(type, 6);
      const size = view.getUint32(at + 20, true);
      const found = options(at + 28 + (size + 3 & ~3));
      read.packets.push({
        through: view.getUint32(at + 8, true),
        nanoseconds: BigInt(view.getUint32(at + 12, true)) << 32n | BigInt(view.getUint32(at + 16, true)),
        comment: found.has(1) ? text(...found.get(1)!) : "",
        direction: found.has(2) ? file[found.get(2)![0]] : 0,
        bytes: file.subarray(at + 28, at + 28 + size),
      });
    }
    at += length;
  }
  return read as unknown as Read;
}

/** RFC 1071: over what has a right checksum in it, it is 0. */
function sumOf(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  const bytes = Uint8Array.from(parts.flatMap((part) => [...part, ...part.length % 2 === 1 ? [0] : []]));
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i] << 8 | bytes[i + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

interface Played {
  readonly net: Network;
  readonly a: NetworkHost;
  readonly b: NetworkHost;
}

/** Both families, answers, errors, fragments, a group, the loopback interface, loss and duplicates. */
async function play(): Promise<Played> {
  const net = createNetwork({ seed: 2, trace: true, link: { latency: "20ms", mtu: 1280 } });
  const a = net.host({ name: "client", addresses: ["192.0.2.1/24", "2001:db8::1"] });
  const b = net.host({ name: "server", addresses: ["192.0.2.2/24", "2001:db8::2"] });
  net.name("www", ["192.0.2.9"]);
  net.link(a, b, { loss: { numbers: [2] }, duplicate: 0.2 }, {});
  for (const host of [b, a]) {
    for (const type of ["udp4", "udp6"] as const) {
      const socket = host.dgram.createSocket({ type, ipv6Only: type === "udp6" });
      socket.on("error", () => {});
      socket.on("message", (data, from) => {
        if (host === b && data.length < 100) socket.send(data, from.port, from.address);
      });
      socket.bindSync({ port: 40_001 });
      if (type === "udp4") socket.addMembership("239.1.1.1");
      if (host === b) continue;
      const to = b.addresses[type === "udp4" ? 0 : 1];
      for (const data of ["odd", "lost", "", "even", new Uint8Array(4001), new Uint8Array(1400)]) {
        socket.send(data, 40_001, to);
      }
      socket.send("nobody", 40_002, to);
      socket.send("itself", 40_001, type === "udp4" ? "127.0.0.1" : "::1");
      socket.send("nobody here", 40_002, type === "udp4" ? "127.0.0.1" : "::1");
      if (type === "udp4") socket.send("many", 40_001, "239.1.1.1");
    }
  }
  await net.idle();
  await net.close();
  return { net, a, b };
}

test("a capture has the interfaces, names, times and fates of the network, and right checksums", async () => {
  const { net, a, b } = await play();
  const { links, interfaces, names, packets } = readPcapng(await net.pcapng({ host: a }));
  assertEquals([links, interfaces], [[101, 101], ["lo", "eth0"]]);
  assertEquals(names, [
    "192.0.2.1 client",
    "32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1 client",
    "192.0.2.2 server",
    "32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.2 server",
    "192.0.2.9 www",
  ]);
  const times = packets.map(({ nanoseconds }) => nanoseconds);
  assertEquals([times[0], times.at(-1)], [0n, 40_000_000n]);
  assertEquals(times, [...times].sort((x, y) => Number(x - y)));
  const comments = packets.map(({ comment }) => comment);
  assert(comments.some((comment) => comment.endsWith(", client>server lost: the link lost it")), comments.join("\n"));
  assert(comments.includes("#7, server refused: nobody has the port"), comments.join("\n"));
  let sums = 0;
  for (const { bytes } of packets) {
    const isFour = bytes[0] >> 4 === 4;
    if (isFour) assertEquals(sumOf(bytes.subarray(0, 20)), 0);
    const header = isFour ? 20 : 40;
    const [addresses, protocol] = isFour ? [bytes.subarray(12, 20), bytes[9]] : [bytes.subarray(8, 40), bytes[6]];
    const isFragment = isFour ? ((bytes[6] & 0x3f) | bytes[7]) !== 0 : protocol === 44;
    if (isFragment) continue;
    const payload = bytes.subarray(header);
    const pseudo = Uint8Array.of(0, protocol, payload.length >> 8, payload.length & 255);
    assertEquals(sumOf(...protocol === 1 ? [] : [addresses, pseudo], payload), 0);
    sums++;
  }
  assert(sums > 20, String(sums));
  const onLink = readPcapng(await net.pcapng({ link: [a, "server"] }));
  assertEquals(onLink.interfaces, ["client - server"]);
  const all = readPcapng(await net.pcapng());
  assertEquals(all.packets.map(({ comment }) => comment), onLink.packets.map(({ comment }) => comment));
  assertEquals(await net.pcapng({ host: b }), await (await play()).net.pcapng({ host: "server" }));
  assertEquals(
    (await assertRejects(() => net.pcapng({ host: "z" })) as { code?: string }).code,
    "ERR_NETWORK_NO_SUCH_HOST",
  );
  await assertRejects(() => net.pcapng({ port: 3 } as object), TypeError);
});

test("fragments in a capture are cut where a kernel cuts them, and make the datagram again", async () => {
  const { net, a } = await play();
  const { packets } = readPcapng(await net.pcapng({ host: a }));
  const four = packets.filter(({ bytes }) =>
    bytes[0] >> 4 === 4 && (bytes[6] & 0x20 || (bytes[6] & 0x1f | bytes[7]) !== 0)
  );
  assertEquals(four.map(({ bytes }) => [bytes.length, 8 * ((bytes[6] & 0x1f) << 8 | bytes[7]), bytes[6] >> 5]), [
    [1500, 0, 1],
    [1500, 1480, 1],
    [1069, 2960, 0],
  ]);
  const six = packets.filter(({ bytes }) => bytes[0] >> 4 === 6 && bytes[6] === 44);
  assertEquals(six.map(({ bytes }) => [bytes.length, (bytes[42] << 8 | bytes[43]) & ~7, bytes[43] & 1]), [
    [1496, 0, 1],
    [1496, 1448, 1],
    [1161, 2896, 0],
  ]);
});

/** The file is the same wherever it is written. */
const skip = runtime !== "node" || Number(process.versions.node.split(".")[0]) < 26
  ? "tshark is started on the newest Node alone"
  : spawnTshark(["--version"]).status !== 0 && "tshark is not installed here";

function spawnTshark(args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync("tshark", [...args], { encoding: "utf8" });
}

test("tshark reads captures, finds nothing malformed and no wrong checksum, and counts as the trace does", {
  skip,
}, async () => {
  const { net, a } = await play();
  const folder = mkdtempSync(join(tmpdir(), "dgram-pcapng-"));
  const file = join(folder, "client.pcapng");
  try {
    writeFileSync(file, await net.pcapng({ host: a }));
    const fields = (filter: string, ...names: readonly string[]): string[] => {
      const { status, stdout, stderr } = spawnTshark([
        ...["-r", file, "-n", "-Y", filter, "-T", "fields", ...names.flatMap((name) => ["-e", name])],
        ...["ip", "udp"].flatMap((protocol) => ["-o", `${protocol}.check_checksum:TRUE`]),
      ]);
      assertEquals(status, 0, stderr);
      return stdout.split("\n").filter((line) => line !== "");
    };
    const isWrong = ["ip", "udp", "icmp", "icmpv6"].map((protocol) => `${protocol}.checksum.status == 0`).join(" || ");
    assertEquals(fields(`_ws.malformed || ${isWrong}`, "frame.number", "_ws.col.Info"), []);
    // What client got from server over the link, as whole datagrams.
    const arrived = net.trace.filter(({ host, link, fate }) =>
      host === "client" && link?.to === "client" && fate === "delivered"
    );
    const isAnswer = "udp && !icmp && !icmpv6 && (ip.src == 192.0.2.2 || ipv6.src == 2001:db8::2)";
    assertEquals(
      fields(isAnswer, "udp.length").map((length) => Number(length) - 8),
      arrived.map(({ size }) => size),
    );
    const sent = net.trace.filter(({ host, fate }) => host === "client" && fate === "sent");
    const isSent = "udp && !icmp && !icmpv6 && !(ip.src == 192.0.2.2 || ipv6.src == 2001:db8::2)";
    assertEquals(fields(isSent, "udp.length").map((length) => Number(length) - 8), sent.map(({ size }) => size));
    const errors = fields(
      "icmp || icmpv6",
      "frame.interface_name",
      "icmp.type",
      "icmp.code",
      "icmpv6.type",
      "icmpv6.code",
    );
    assertEquals(errors.filter((line) => line.startsWith("lo")), ["lo\t3\t3\t\t", "lo\t\t\t1\t4"]);
    assert(errors.includes("eth0\t3\t4\t\t") && errors.includes("eth0\t\t\t2\t0"), errors.join("\n"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
