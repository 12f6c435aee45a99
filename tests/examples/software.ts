/** The programs of other people that the examples talk to. Nothing is installed here: what is absent is a reason. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";

/** Servers are in the system's directories, which a user's PATH need not have. */
const directories = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"].filter((path) => path !== "");

/** By the name used here: what the program may be called, and the Debian package that has it. */
const software = {
  avahi: { names: ["avahi-daemon"], debian: "avahi-daemon" },
  chrony: { names: ["chronyd"], debian: "chrony" },
  "coap-client": { names: ["coap-client", "coap-client-notls"], debian: "libcoap3-bin" },
  "coap-server": { names: ["coap-server", "coap-server-notls"], debian: "libcoap3-bin" },
  collectd: { names: ["collectd"], debian: "collectd-core" },
  dig: { names: ["dig"], debian: "bind9-dnsutils" },
  dnsmasq: { names: ["dnsmasq"], debian: "dnsmasq-base" },
  nginx: { names: ["nginx"], debian: "libnginx-mod-stream" },
  node: { names: ["node"], debian: "nodejs" },
  nsenter: { names: ["nsenter"], debian: "util-linux" },
  rsyslog: { names: ["rsyslogd"], debian: "rsyslog" },
  socat: { names: ["socat"], debian: "socat" },
  tftpd: { names: ["in.tftpd"], debian: "tftpd-hpa" },
} as const;

/** What an example may need. */
export type Software = keyof typeof software;

/** The path of a program, or undefined where it is not installed. */
function find(name: Software): string | undefined {
  return directories.flatMap((directory) => software[name].names.map((each) => join(directory, each))).find(existsSync);
}

/** The path of a program that is there. */
export function program(name: Software): string {
  const path = find(name);
  if (path === undefined) throw new Error(`there is no ${name}`);
  return path;
}

/** For a test's `skip` option: false where all of them are there, else the reason. */
export function softwareSkip(...names: Software[]): string | false {
  if (process.platform !== "linux") return "the servers are those of Debian";
  const absent = names.find((name) => find(name) === undefined);
  if (absent === undefined) return false;
  return `${software[absent].names[0]} is not installed (Debian: ${software[absent].debian})`;
}
