/** How each of the servers is started: on loopback, in the foreground, with nothing of the system's own configuration. */
import { Buffer } from "node:buffer";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { within } from "../support/within.ts";
import { answers, HOST, noticed, type Ready, type ServerPlan } from "./ready.ts";
import { program } from "./software.ts";

const asRoot = process.getuid?.() === 0;

function write(directory: string, name: string, ...lines: string[]): string {
  const file = join(directory, name);
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}

/** Waits until a file that a server writes holds what is looked for. */
export async function written<Found>(
  file: string,
  look: (text: string) => Found | undefined | false,
  { signal }: Ready,
): Promise<Found> {
  const search = async (): Promise<Found> => {
    for (;;) {
      signal.throwIfAborted();
      let found: Found | undefined | false;
      try {
        found = look(readFileSync(file, "utf8"));
      } catch (error) {
        if ((error as { code?: string }).code !== "ENOENT") throw error;
      }
      if (found) return found;
      await new Promise((done) => setTimeout(done, 20));
    }
  };
  return await within(search(), `an entry in ${file}`, 20_000);
}

/** Records of a zone that dnsmasq answers for. */
export const dnsmasq: ServerPlan = {
  command: (port) => [program("dnsmasq"), [
    ...[
      "--keep-in-foreground",
      "--conf-file=/dev/null",
      "--no-resolv",
      "--no-hosts",
      "--pid-file=",
      "--bind-interfaces",
    ],
    ...[`--port=${port}`, `--listen-address=${HOST}`, "--log-facility=-", ...(asRoot ? ["--user=root"] : [])],
    ...["--local=/example/", "--local-ttl=300", "--host-record=printer.example,192.0.2.7,2001:db8::a:7"],
    ...["--cname=www.example,printer.example", "--mx-host=example,mail.example,10"],
    ...["--txt-record=printer.example,second floor", "--srv-host=_ipp._tcp.example,printer.example,631"],
    "--ptr-record=7.2.0.192.in-addr.arpa,printer.example",
  ]],
  ready: (server) =>
    answers(server, Buffer.from("000101000001000000000000077072696e746572076578616d706c650000010001", "hex")),
};

/** A clock that is left alone (-x), served as one of stratum 8. */
export const chrony: ServerPlan = {
  command: (port, directory) => {
    const pid = `pidfile ${join(directory, "pid")}`;
    const lines = [`port ${port}`, `bindaddress ${HOST}`, "cmdport 0", "bindcmdaddress /", pid];
    const file = write(directory, "chrony.conf", ...lines, "allow 127.0.0.0/8", "local stratum 8");
    return [program("chrony"), ["-x", "-d", "-U", ...(asRoot ? ["-u", "root"] : []), "-f", file]];
  },
  ready: (server) => answers(server, Buffer.from(`23${"00".repeat(47)}`, "hex")),
};

/** Where rsyslog writes each message: a line of JSON with all that it has understood. */
export const syslogFile = (directory: string): string => join(directory, "messages");

export const rsyslog: ServerPlan = {
  command: (port, directory) => {
    const file = write(
      directory,
      "rsyslog.conf",
      `global(workDirectory="${directory}")`,
      'module(load="imudp")',
      'template(name="json" type="list") { property(name="jsonmesg") constant(value="\\n") }',
      `input(type="imudp" address="${HOST}" port="${port}")`,
      `action(type="omfile" file="${syslogFile(directory)}" template="json")`,
    );
    return [program("rsyslog"), ["-n", "-i", join(directory, "pid"), "-f", file]];
  },
  // It never answers: what it writes says that it is there.
  ready: (server) =>
    noticed(
      server,
      "<13>1 - - ready - - - are you there?",
      written(syslogFile(server.directory), (text) => text.includes("ready"), server),
    ),
};

/** The directory that tftpd serves. */
export const tftpRoot = (directory: string): string => join(directory, "files");

export const tftpd: ServerPlan = {
  command: (port, directory) => {
    mkdirSync(tftpRoot(directory));
    chmodSync(tftpRoot(directory), 0o755);
    const where = ["--address", `${HOST}:${port}`, "--pidfile", join(directory, "pid")];
    return [program("tftpd"), ["--foreground", "--secure", ...where, tftpRoot(directory)]];
  },
  ready: (server) => answers(server, "\0\x01no such file\0octet\0"),
};

export const coap: ServerPlan = {
  command: (port) => [program("coap-server"), ["-A", HOST, "-p", `${port}`]],
  // An empty message that wants to be confirmed: the server resets it.
  ready: (server) => answers(server, Buffer.from("40000001", "hex")),
};

/** collectd's statsd plugin; it prints each value that it has gathered, a line each. */
export const collectd: ServerPlan = {
  command: (port, directory) => {
    const file = write(
      directory,
      "collectd.conf",
      'Hostname "host"',
      "Interval 0.2",
      `BaseDir "${directory}"`,
      `PIDFile "${join(directory, "pid")}"`,
      ...["csv", "logfile", "statsd"].map((name) => `LoadPlugin ${name}`),
      '<Plugin logfile>\nFile "stderr"\n</Plugin>',
      '<Plugin csv>\nDataDir "stdout"\n</Plugin>',
      `<Plugin statsd>\nHost "${HOST}"\nPort "${port}"\nCounterSum true\nTimerCount true\n</Plugin>`,
    );
    // Into a pipe it would print only when it has some thousand characters.
    return ["stdbuf", ["-oL", program("collectd"), "-f", "-C", file]];
  },
  ready: (server) =>
    noticed(
      server,
      "ready:1|g",
      server.process.printed(({ output }) => output.includes("gauge-ready"), "a value from collectd"),
    ),
};

/** socat's echo: what a client sends comes back to it. */
export const socatEcho: ServerPlan = {
  command: (port) => [program("socat"), ["-T", "1", `UDP4-LISTEN:${port},bind=${HOST},fork`, "PIPE"]],
  ready: (server) => answers(server, "are you there?"),
};

/** Where Wake-on-LAN goes to: everybody on loopback. */
export const BROADCAST = "127.255.255.255";

/** Prints what arrives. It says itself when it listens, since it cannot be asked. */
export const socatReceiver: ServerPlan = {
  address: BROADCAST,
  command: (port) => [program("socat"), ["-d", "-d", "-u", `UDP4-RECV:${port},bind=${BROADCAST}`, "STDOUT"]],
  ready: ({ process: socat }) => socat.printed(({ output }) => output.includes("starting data transfer"), "socat"),
};
