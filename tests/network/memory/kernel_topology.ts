/** The network of the scenarios, as commands of each of its hosts. */
import { familySkip } from "../namespaces.ts";
import { type HostName, INTERFACES, SMALL_MTU } from "./stage.ts";

const hasIPv6 = familySkip(6) === false;

/** The default route of each. What the router does not know, it takes for a neighbour outside, as all do in memory. */
const ROUTES: Readonly<Record<HostName, readonly string[]>> = {
  router: ["default dev outside", "::/0 dev outside"],
  nat: ["default via 10.77.1.1", "default via fd77:1::1"],
  a: ["default via 10.77.1.1", "default via fd77:1::1"],
  b: ["default via 10.77.1.1", "default via fd77:1::1"],
  c: ["default via 10.77.2.1", "default via fd77:2::1"],
  d: ["default via 192.168.77.1", "default via fd77:3::1"],
  e: ["default via 192.168.77.1"],
};

/**
 * The shell's lines that make a host's links, addresses, routes and settings.
 *
 * @param pids the processes in whose namespaces the hosts are that there are
 */
export function setUp(host: HostName, pids: ReadonlyMap<HostName, number>): string {
  const forwards = host === "router" || host === "nat";
  const devices = Object.keys(INTERFACES[host]).filter((name) => name !== "inside" || host === "nat" || pids.has("c"));
  const ip = [
    "link set dev lo up",
    ...linksOf(host, pids),
    ...devices.flatMap((device) => addressesOf(host, device)),
    ...ROUTES[host].filter(isThere).map((route) => `route add ${route}`),
  ];
  return [`ip -batch - <<'END'\n${ip.join("\n")}\nEND`, ...settings(forwards, devices)].join("\n");
}

const isThere = (line: string): boolean => hasIPv6 || !line.includes(":");

/** Those that a router makes, with both of their ends. */
function linksOf(host: HostName, pids: ReadonlyMap<HostName, number>): string[] {
  const isHere = (name: HostName): boolean => pids.has(name);
  // Memory counts interfaces like that, too.
  const peer = (name: HostName, device = "eth0"): string =>
    `type veth peer name ${device} index 2 netns ${pids.get(name)!}`;
  const bridge = "type bridge mcast_snooping 0 forward_delay 0";
  const port = (name: HostName, master: string, device?: string): string[] => [
    `link add name ${name}0 ${peer(name, device)}`,
    `link set dev ${name}0 master ${master}`,
    ...(hasIPv6 ? [`link set dev ${name}0 addrgenmode none`] : []),
    `link set dev ${name}0 up`,
  ];
  if (host === "router") {
    return [
      `link add name outside index 2 ${bridge}`,
      ...(isHere("c") ? [`link add name inside index 3 ${peer("c")}`, `link set dev inside mtu ${SMALL_MTU}`] : []),
      ...(["a", "b"] as const).filter(isHere).flatMap((name) => port(name, "outside")),
      ...(isHere("nat") ? port("nat", "outside", "outside") : []),
    ];
  }
  if (host === "nat") {
    const ports = (["d", "e"] as const).filter(isHere).flatMap((name) => port(name, "inside"));
    return [`link add name inside index 3 ${bridge}`, ...ports];
  }
  return host === "c" ? [`link set dev eth0 mtu ${SMALL_MTU}`] : [];
}

function addressesOf(host: HostName, device: string): string[] {
  return [
    // A link-local address of its own would be one that memory's hosts don't have.
    ...(hasIPv6 ? [`link set dev ${device} addrgenmode none`] : []),
    `link set dev ${device} up`,
    ...INTERFACES[host][device].filter(isThere).map((address) =>
      `address add ${address} ${address.includes(":") ? "nodad" : "broadcast +"} dev ${device}`
    ),
  ];
}

function settings(forwards: boolean, devices: readonly string[]): string[] {
  const set = (name: string, value: number): string =>
    `if [ -e /proc/sys/net/${name} ]; then echo ${value} > /proc/sys/net/${name}; fi`;
  return [
    // No message about errors is withheld for coming too often.
    set("ipv6/icmp/ratelimit", 0),
    set("ipv4/icmp_ratelimit", 0),
    // What a bridge passes on is not for the rules of its host.
    set("bridge/bridge-nf-call-iptables", 0),
    set("bridge/bridge-nf-call-ip6tables", 0),
    ...(forwards ? [set("ipv4/ip_forward", 1), set("ipv6/conf/all/forwarding", 1)] : []),
    // Who does not answer is given up soon.
    ...devices.flatMap((device) =>
      [4, 6].flatMap((family) => [
        set(`ipv${family}/neigh/${device}/retrans_time_ms`, 20),
        set(`ipv${family}/neigh/${device}/mcast_solicit`, 1),
      ])
    ),
  ];
}
