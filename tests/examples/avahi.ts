/** avahi in a network namespace where loopback is all there is: it can have no other port than 5353. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Ready, ServerPlan } from "./ready.ts";
import { program, softwareSkip } from "./software.ts";

// avahi's directories are compiled in: a mount namespace has its own.
const UNSHARE = ["--net", "--mount"] as const;

const PREPARE = "mount -t tmpfs tmpfs /run && ip link set lo up";

/** avahi gives its directory to a user of its own, which the root of a user namespace can't. */
function namespaceSkip(): string | false {
  const { error, status, stderr } = spawnSync("unshare", [...UNSHARE, "sh", "-c", PREPARE], { encoding: "utf8" });
  if (status === 0) return false;
  return `no network namespace can be made here: ${error?.message ?? stderr.trim().split("\n")[0]}`;
}

/** For a test's `skip` option. */
export const avahiSkip: string | false = softwareSkip("avahi", "nsenter") || namespaceSkip();

const SERVICE = `<?xml version="1.0" standalone="no"?>
<!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group>
  <name>Printer of the office</name>
  <service><type>_http._tcp</type><port>8080</port><txt-record>path=/status</txt-record></service>
</service-group>
`;

const CONFIGURATION = `[server]
host-name=printer
use-ipv6=no
enable-dbus=no
allow-interfaces=lo
[publish]
publish-workstation=no
publish-hinfo=no
`;

export const avahi: ServerPlan = {
  command(_port, directory) {
    const services = join(directory, "services");
    mkdirSync(services);
    writeFileSync(join(services, "printer.service"), SERVICE);
    const file = join(directory, "avahi.conf");
    writeFileSync(file, CONFIGURATION);
    const script = `set -e
${PREPARE}
mount --bind "$1" /etc/avahi/services
exec "$2" --no-drop-root --no-chroot --no-rlimits --file "$3"`;
    return ["unshare", [...UNSHARE, "sh", "-c", script, "sh", services, program("avahi"), file]];
  },
  ready: ({ process }) => process.printed(({ output }) => output.includes("successfully established"), "avahi"),
};

/** The command line that runs a command where avahi is. */
export function besideAvahi({ process: { pid } }: Ready, command: string, args: readonly string[]): [string, string[]] {
  return [program("nsenter"), [`--net=/proc/${pid}/ns/net`, command, ...args]];
}
