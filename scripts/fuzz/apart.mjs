// A network of a player's own, where the system allows one: what other programs send to ports that they know, or that this one
// had before, would be seen as its sockets'. Beside loopback it has an interface, for groups.
import { spawnSync } from "node:child_process";

const SET_UP = [
  "ip link set lo up",
  "ip link add v0 type veth peer name v1",
  "ip addr add 10.9.9.9/24 dev v0",
  "ip -6 addr add fd00::2/64 dev v0 nodad",
  "ip link set v0 up",
  "ip link set v1 up",
  "ip route add default via 10.9.9.1 dev v0",
  'exec "$@"',
].join(" && ");
const COMMAND = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c", SET_UP, "sh"];

const isAllowed = spawnSync(COMMAND[0], [...COMMAND.slice(1), "true"]).status === 0;
if (!isAllowed) console.log("no network of their own: the players share this machine's");

/** The command, in a network of its own if there can be one. */
export const apart = (command) => isAllowed ? [...COMMAND, ...command] : command;
