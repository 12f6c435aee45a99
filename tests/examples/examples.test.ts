/** Each example against software that no one here wrote, where that is installed. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { capabilities, createSocket } from "@x/dgram";
import { ancillarySupport } from "@x/dgram/ancillary";
import { handoffCapabilities } from "@x/dgram/handoff";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { avahi, avahiSkip, besideAvahi } from "./avahi.ts";
import { HOST, withServer } from "./ready.ts";
import { exampleCommand, runCommand, runExample } from "./run_example.ts";
import { ServerProcess } from "./server_process.ts";
import * as servers from "./servers.ts";
import { program, softwareSkip } from "./software.ts";
import { ADDRESS, familySkip, Namespaces } from "../network/namespaces.ts";
import { type ProcessResult, root } from "../support/child.ts";

/** The lines of an example that has succeeded. */
function lines({ stdout, stderr, code, timedOut }: ProcessResult): string[] {
  assertEquals({ stderr, code, timedOut }, { stderr: "", code: 0, timedOut: false });
  return stdout.trimEnd().split("\n");
}

/** The one line of an example that has failed. */
function failure({ stdout, stderr, code, timedOut }: ProcessResult): string {
  assertEquals({ stdout, code, timedOut }, { stdout: "", code: 1, timedOut: false }, stderr);
  assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
  return stderr.trimEnd();
}

/** Starts an example that serves, and answers its port. */
async function withExample(name: string, args: string[], use: (port: number) => Promise<void>): Promise<void> {
  const server = new ServerProcess(...exampleCommand(name, args));
  try {
    const port = await server.printed(({ output }) => /^listening on \S+ port (\d+)$/m.exec(output)?.[1], name);
    await use(Number(port));
  } finally {
    await server.stop();
  }
}

const at = (port: number): string[] => ["--server", HOST, "--port", `${port}`];

test("dns_query prints the records that dnsmasq has, of each type", { skip: softwareSkip("dnsmasq") }, async () => {
  await withServer(servers.dnsmasq, async ({ port }) => {
    const query = async (...args: string[]): Promise<string[]> =>
      lines(await runExample("dns_query", ...args, ...at(port)));
    assertEquals(await query("printer.example"), ["printer.example 300 A 192.0.2.7"]);
    assertEquals(await query("www.example", "AAAA"), [
      "www.example 300 CNAME printer.example",
      "printer.example 300 AAAA 2001:db8:0:0:0:0:a:7",
    ]);
    assertEquals(await query("printer.example", "TXT"), ["printer.example 300 TXT second floor"]);
    assertEquals((await query("example", "MX"))[0], "example 300 MX 10 mail.example");
    assertEquals((await query("_ipp._tcp.example", "SRV"))[0], "_ipp._tcp.example 300 SRV printer.example:631");
    assertEquals(await query("7.2.0.192.in-addr.arpa", "PTR"), ["7.2.0.192.in-addr.arpa 300 PTR printer.example"]);
    const unknown = await runExample("dns_query", "nobody.example", ...at(port));
    assertEquals(failure(unknown), "dns_query: nobody.example: NXDOMAIN");
  });
});

test("dig gets from dns_resolver what it knows, what dnsmasq knows, and what it has kept of that", {
  skip: softwareSkip("dnsmasq", "dig"),
}, async () => {
  await withServer(servers.dnsmasq, async ({ port: upstream, process: dnsmasq }) => {
    const args = ["--port", "0", "--upstream-port", `${upstream}`, "--host", "Desk.test=192.0.2.9"];
    await withExample("dns_resolver", args, async (port) => {
      const dig = async (...question: string[]): Promise<string> => {
        const options = ["+tries=1", "+time=10", "+noall", "+comments", "+answer"];
        const result = await runCommand(program("dig"), [`@${HOST}`, "-p", `${port}`, ...options, ...question]);
        assertEquals(result.code, 0, result.stdout + result.stderr);
        return result.stdout.replace(/\s+/g, " ");
      };
      assertMatch(await dig("desk.test"), /status: NOERROR.* desk\.test\. 60 IN A 192\.0\.2\.9/);
      assertMatch(await dig("desk.test", "AAAA"), /status: NOERROR.* ANSWER: 0/);
      assertMatch(await dig("www.example"), / www\.example\. 300 IN CNAME printer.* 300 IN A 192\.0\.2\.7/);
      assertMatch(await dig("printer.example", "TXT"), / printer\.example\. 300 IN TXT "second floor"/);
      assertMatch(await dig("nobody.example"), /status: NXDOMAIN/);
      await dnsmasq.stop();
      assertMatch(await dig("www.example"), / www\.example\. \d+ IN CNAME printer.* \d+ IN A 192\.0\.2\.7/);
      assertMatch(await dig("new.example"), /status: SERVFAIL/);
    });
  });
});

test("sntp_query finds chronyd's clock to be this machine's own", { skip: softwareSkip("chrony") }, async () => {
  await withServer(servers.chrony, async ({ port }) => {
    const [line] = lines(await runExample("sntp_query", ...at(port)));
    const [, offset] = /^offset (-?[\d.]+) ms, delay -?[\d.]+ ms, stratum 8$/.exec(line) ?? [];
    assert(Math.abs(Number(offset)) < 1000, line);
  });
});

test("rsyslogd understands each part of what syslog_send sends", { skip: softwareSkip("rsyslog") }, async () => {
  await withServer(servers.rsyslog, async (server) => {
    const messages = ['Größe: 3 % "of" 4', "two\tof two"];
    const args = [...at(server.port), "--app", "backup", "--facility", "cron", "--severity", "warning"];
    assertEquals(lines(await runExample("syslog_send", ...messages, ...args)), ["2 sent"]);
    const all = await servers.written(servers.syslogFile(server.directory), (text) => {
      const parsed = text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
      const ours = parsed.filter((message) => message["app-name"] === "backup");
      return ours.length === 2 && ours;
    }, server);
    const fields = ["syslogfacility", "syslogseverity", "protocol-version", "structured-data"];
    const seen = all.map((message) => [message.msg.replace("\ufeff", ""), ...fields.map((field) => message[field])]);
    assertEquals(seen, [
      ['Größe: 3 % "of" 4', "9", "4", "1", '[meta sequenceId="1" language="en"]'],
      ["two#011of two", "9", "4", "1", '[meta sequenceId="2" language="en"]'],
    ]);
  });
  const wrong = failure(await runExample("syslog_send", "text", "--severity", "fatal"));
  assertEquals(wrong, "syslog_send: not one of emerg, alert, crit, err, warning, notice, info, debug: fatal");
});

test("tftp_get fetches files of many blocks, of whole blocks and of none from tftpd, byte for byte", {
  skip: softwareSkip("tftpd") || (process.getuid?.() === 0 ? false : "in.tftpd needs to be root"),
}, async () => {
  await withServer(servers.tftpd, async ({ port, directory }) => {
    for (const [name, size, blocks] of [["many", 100_000, 196], ["whole", 51_200, 101], ["none", 0, 1]] as const) {
      const file = randomBytes(size);
      writeFileSync(join(servers.tftpRoot(directory), name), file, { mode: 0o644 });
      const local = join(directory, name);
      const printed = lines(await runExample("tftp_get", name, local, ...at(port)));
      assertEquals(printed, [`${local}: ${size} bytes in ${blocks} blocks`]);
      assertEquals(Buffer.compare(readFileSync(local), file), 0, name);
    }
    const local = join(directory, "absent");
    assertEquals(
      failure(await runExample("tftp_get", "absent", local, ...at(port))),
      "tftp_get: absent: File not found",
    );
    assertEquals(existsSync(local), false);
  });
});

test("coap_get gets a resource of libcoap's server at once, one that comes later, and one of many blocks", {
  skip: softwareSkip("coap-server", "coap-client"),
}, async () => {
  await withServer(servers.coap, async ({ port, directory }) => {
    const url = `coap://${HOST}:${port}`;
    assertMatch(lines(await runExample("coap_get", `${url}/`))[0], /^This is a test server made with libcoap/);
    assertEquals(lines(await runExample("coap_get", `${url}/async?1`)), ["done"]);

    const large = randomBytes(2000).toString("hex");
    const file = join(directory, "large");
    writeFileSync(file, large);
    const put = await runCommand(program("coap-client"), ["-m", "put", "-f", file, `${url}/example_data`]);
    assertEquals(put.code, 0, put.stderr);
    assertEquals(lines(await runExample("coap_get", `${url}/example_data`)), [large]);
    assertMatch(failure(await runExample("coap_get", `${url}/nothing`)), /^coap_get: coap:.*\/nothing: 4\.04/);
  });
});

test("collectd counts all that statsd sends in few datagrams", { skip: softwareSkip("collectd") }, async () => {
  await withServer(servers.collectd, async ({ port, process }) => {
    const printed = lines(await runExample("statsd", ...at(port), "--requests", "1000"));
    assertEquals(printed, ["1101 metrics in 11 datagrams"]);
    // What came between two writes is a line: "PUTVAL host/statsd/count-requests interval=0.200 1700000000.000:1000".
    const sum = (output: string, name: string): number =>
      [...output.matchAll(new RegExp(`/${name} interval=\\S+ [\\d.]+:([\\d.e+]+)`, "g"))].reduce(
        (all, [, each]) => all + Number(each),
        0,
      );
    await process.printed(({ output }) => /gauge-workers .*:4\D/.test(output), "the gauge");
    await process.printed(({ output }) => sum(output, "count-requests") >= 1000, "the counts");
    await process.printed(({ output }) => sum(output, "gauge-latency-count") >= 100, "the timings");
    assertEquals([sum(process.output, "count-requests"), sum(process.output, "gauge-latency-count")], [1000, 100]);
  });
});

test("mdns_discover finds the service that avahi offers", { skip: avahiSkip }, async () => {
  await withServer(avahi, async (server) => {
    const discover = (...args: string[]): Promise<ProcessResult> =>
      runCommand(...besideAvahi(server, ...exampleCommand("mdns_discover", args)));
    const found = lines(await discover("_http._tcp", "--seconds", "15", "--most", "1"));
    assertEquals(found, ["Printer of the office._http._tcp.local\tprinter.local:8080\t127.0.0.1\tpath=/status"]);
    const none = failure(await discover("_ipp._tcp", "--seconds", "0.3"));
    assertEquals(none, "mdns_discover: nobody offers _ipp._tcp within 0.3 s");
  });
});

test("socat receives the 102 bytes of wake_on_lan by loopback's broadcast address", {
  skip: softwareSkip("socat"),
}, async () => {
  await withServer(servers.socatReceiver, async ({ port, process }) => {
    const printed = lines(await runExample("wake_on_lan", "52:54:00:ab:CD:ef", "--port", `${port}`));
    assertEquals(printed, [`102 bytes to ${servers.BROADCAST} port ${port}`]);
    const packet = await process.printed(({ stdout }) => stdout.length >= 102 && stdout, "the packet");
    assertEquals(packet.toString("hex"), "ff".repeat(6) + "525400abcdef".repeat(16));
  });
  assertEquals(failure(await runExample("wake_on_lan", "52:54:00")), "wake_on_lan: not a card's address: 52:54:00");
});

test("ask hears from socat what it asks", { skip: softwareSkip("socat") }, async () => {
  await withServer(servers.socatEcho, async ({ port }) => {
    for (const way of [[], ["--connect"]]) {
      const [line] = lines(await runExample("ask", HOST, `${port}`, ...way));
      assertMatch(line, /^20 of 20 answers, median /);
    }
  });
});

test("socat hears from echo what it says", { skip: softwareSkip("socat") }, async () => {
  await withExample("echo", [], async (port) => {
    const socat = new ServerProcess(program("socat"), ["-", `UDP4:${HOST}:${port}`]);
    try {
      for (const word of ["hello\n", "again\n"]) {
        socat.write(word);
        await socat.printed(({ stdout }) => String(stdout).endsWith(word), "the echo");
      }
      assertEquals(String(socat.stdout), "hello\nagain\n");
    } finally {
      await socat.stop();
    }
  });
});

const { icmp } = ancillarySupport();
const noTraces = icmp.support === "unavailable" && (icmp.note ?? "no ICMP errors are told here");

for (const family of [4, 6] as const) {
  test(`traceroute shows the router on the way and the host behind it, over IPv${family}`, {
    skip: noTraces || familySkip(family),
  }, async () => {
    const namespaces = await Namespaces.make();
    try {
      const command = exampleCommand("traceroute", [ADDRESS.c[family], "--wait", "5000"]);
      const all = lines(await runCommand(...namespaces.command("a", ...command)));
      const times = "(  \\d+\\.\\d ms){3}";
      assertEquals(all.length, 2, all.join("\n"));
      assertMatch(all[0], new RegExp(`^1  ${ADDRESS.router[family]}${times}$`));
      assertMatch(all[1], new RegExp(`^2  ${ADDRESS.c[family]}${times}$`));
    } finally {
      await namespaces.end();
    }
  });
}

test("traceroute says where it is told of no router why", { skip: noTraces === false && "it is told" }, async () => {
  assertMatch(failure(await runExample("traceroute")), /^traceroute: ICMP errors are not told here: /);
});

test("guarded_answers answers at length to who sends his token back, and to nobody else", async () => {
  await withExample("guarded_answers", [], async (port) => {
    const client = createSocket("udp4");
    client.bindSync({ address: HOST });
    const ask = (...parts: (string | Uint8Array)[]): Promise<Uint8Array> =>
      new Promise((done) => {
        client.once("message", done);
        client.send(parts, port, HOST);
      });
    const first = await ask("?", "what is there");
    assertEquals([first[0], first.length], [0x21, 23]);
    const forged = Uint8Array.from(first);
    forged[22] ^= 1;
    assertEquals((await ask("?", "again, with some padding"))[0], 0x21);
    client.send([forged, "?what is there"], port, HOST);
    const second = await ask(first, "?what is there");
    assertEquals([second.length, new TextDecoder().decode(second.subarray(0, 13))], [1200, "what is there"]);
    client.close();
  });
});

test("prometheus serves what its sockets do in Prometheus' text format", async () => {
  const server = new ServerProcess(...exampleCommand("prometheus"));
  try {
    const [, url, port] = await server.printed(
      ({ output }) => /^metrics at (\S+)\nlistening on \S+ port (\d+)$/m.exec(output) ?? undefined,
      "prometheus",
    );
    const client = createSocket("udp4");
    await new Promise((done) => {
      client.once("message", done);
      client.send("hello", Number(port), HOST);
    });
    client.close();
    const response = await fetch(url);
    assertEquals(response.headers.get("content-type"), "text/plain; version=0.0.4");
    const text = await response.text();
    const lines = text.split("\n");
    for (
      const line of ["udp_sockets 1", "udp_received_bytes_total 5", 'udp_received_dropped_total{reason="blocked"} 0']
    ) {
      assert(lines.includes(line), text);
    }
    // Each sample is of a metric that was announced before it.
    for (const line of lines.filter((line) => line !== "" && !line.startsWith("#"))) {
      assertMatch(line, /^[a-z_]+(\{[a-z]+="\w+"\})? \d+$/);
      assert(text.includes(`# TYPE ${/^[a-z_]+/.exec(line)![0]} `), line);
    }
  } finally {
    await server.stop();
  }
});

test("otel_metrics gives a meter of OpenTelemetry's API what sockets do", async () => {
  const printed = lines(await runExample("otel_metrics"));
  assertEquals(printed, [
    "udp.sockets 1 ",
    "udp.io 5 receive",
    "udp.datagrams 1 receive",
    "udp.io 5 transmit",
    "udp.datagrams 1 transmit",
  ]);
});

const reusePort = capabilities.features.reusePort !== "unavailable";

test("the workers of worker_pool share a port and its clients", {
  skip: reusePort ? false : capabilities.notes.reusePort ?? "reusePort is unavailable",
}, async () => {
  const printed = lines(await runExample("worker_pool", "--workers", "3", "--clients", "60"));
  const counts = printed.map((line) => Number(/^worker \d: (\d+) datagrams$/.exec(line)?.[1]));
  assertEquals([counts.length, counts.reduce((sum, count) => sum + count, 0)], [3, 60]);
  // By chance, one has no client in one of 10,000,000,000 runs.
  assert(counts.every((count) => count > 0), printed.join("\n"));
});

test("worker_pool says in one line that ports cannot be shared", {
  skip: reusePort ? "ports can be shared here" : false,
}, async () => {
  const reason = failure(await runExample("worker_pool"));
  assertEquals(reason, `worker_pool: reusePort: ${capabilities.notes.reusePort}`);
});

test("takeover answers each datagram once, whichever process has the socket", {
  skip: handoffCapabilities.notes.handoffToProcess ?? false,
}, async () => {
  const printed = lines(await runExample("takeover", "--servers", "2", "--datagrams", "40"));
  assertEquals(printed.at(-1), "40 datagrams, 40 answers");
});

test("migration_after is migration_before with one line changed, and prints what that prints on node:dgram", {
  skip: softwareSkip("node"),
}, async () => {
  const source = (name: string): string[] => readFileSync(resolve(root, "examples", name), "utf8").split("\n");
  const [before, now] = [source("migration_before.mjs"), source("migration_after.mjs")];
  const changed = now.filter((line, index) => line !== before[index]);
  assertEquals(changed, ['import dgram from "@x/dgram";']);
  assertEquals(before.length, now.length);

  const oracle = lines(await runCommand(program("node"), [resolve(root, "examples", "migration_before.mjs")]));
  assert(oracle.length > 15, oracle.join("\n"));
  assertEquals(lines(await runExample("migration_after")), oracle);
});

test("gossip spreads alike on each runtime, and draws how", async () => {
  const directory = mkdtempSync(join(tmpdir(), "gossip-"));
  try {
    const svg = join(directory, "gossip.svg");
    const printed = lines(await runExample("gossip", "--hosts", "500", "--svg", svg));
    assertEquals(printed.at(-1), "500 hosts, fanout 2, loss 0: 500 know it after 10 rounds, 4202 datagrams, 227 kB");
    assertMatch(readFileSync(svg, "utf8"), /^<svg [^]*<polyline points="48\.0,[^]*<\/svg>\n$/);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test("lossy_transfer takes as long on each runtime as it takes on the others", async () => {
  assertEquals(lines(await runExample("lossy_transfer", "--bytes", "20000", "--seed", "1")), [
    "0 % loss: 384.4 ms, 40 datagrams",
    "10 % loss: 1587.2 ms, 50 datagrams",
    "30 % loss: 7391.7 ms, 87 datagrams",
    "50 % loss: 11994.0 ms, 116 datagrams",
  ]);
});

test("docs/examples.md has a line for each example, and for no other", () => {
  const page = readFileSync(resolve(root, "docs", "examples.md"), "utf8");
  const documented = [...page.matchAll(/\]\(\.\.\/examples\/(\w+)\.mjs\)/g)].map(([, name]) => name);
  const files = readdirSync(resolve(root, "examples")).flatMap((name) => /^(.*)\.mjs$/.exec(name)?.[1] ?? []);
  assertEquals(documented.sort(), files.sort());
});
