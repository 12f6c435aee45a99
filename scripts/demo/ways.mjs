// The ways in which one peer asks another.
import { networkInterfaces } from "node:os";

const loopback = "127.0.0.1";
// An organization-local group; nothing sent to it leaves this machine, since the asker sends it on lo.
const group = "239.255.7.7";

const hasIPv6 = Object.values(networkInterfaces()).some((own) => own?.some(({ address }) => address === "::1"));

/*
 * Each has a name and, for the server and for the asker, the arguments and the hosts that Deno has to allow; `skip` is
 * the reason why it can't be shown here.
 */
export const ways = [
  {
    name: "IPv4",
    serve: { args: ["--address", loopback], hosts: [loopback] },
    ask: (port) => ({ args: [loopback, port], hosts: ["0.0.0.0:0", `${loopback}:${port}`] }),
  },
  {
    name: "IPv6",
    skip: hasIPv6 ? undefined : "this machine has no ::1",
    serve: { args: ["--address", "::1"], hosts: ["[::1]"] },
    ask: (port) => ({ args: ["::1", port], hosts: ["[::]:0", `[::1]:${port}`] }),
  },
  {
    name: "connected",
    serve: { args: ["--address", loopback], hosts: [loopback] },
    ask: (port) => ({ args: [loopback, port, "--connect"], hosts: ["0.0.0.0:0", `${loopback}:${port}`] }),
  },
  {
    name: "multicast",
    serve: {
      args: ["--address", "0.0.0.0", "--group", group, "--interface", loopback],
      hosts: ["0.0.0.0:0", loopback],
    },
    ask: (port) => ({
      args: [group, port, "--interface", loopback],
      hosts: [`${loopback}:0`, `${group}:${port}`],
    }),
  },
];
