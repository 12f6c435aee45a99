/** Commands in a network namespace of their own, with nothing but a loopback interface. */
import { spawnSync } from "node:child_process";
import process from "node:process";

const MODES = [["--net"], ["--user", "--map-root-user", "--net"]];

/** A loopback interface whose packets may have this many bytes. */
const setUp = (mtu: number): string => `ip link set dev lo mtu ${mtu} up`;

const problems = MODES.map((mode) => {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  const { error, status, stderr } = spawnSync("unshare", [...mode, "sh", "-c", setUp(1280)], { encoding: "utf8" });
  return status === 0 ? "" : error?.message ?? stderr.trim().split("\n")[0];
});
const mode = MODES[problems.indexOf("")];

/** For a test's `skip` option. */
export const ownNetworkSkip: string | false = mode ? false : `no network namespace can be made: ${problems[0]}`;

/** The command line that runs a command there. */
export function inOwnNetwork(mtu: number, [command, args]: [string, readonly string[]]): [string, string[]] {
  return ["unshare", [...mode, "sh", "-c", `${setUp(mtu)} && exec "$@"`, "sh", command, ...args]];
}
