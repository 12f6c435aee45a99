/** nftables on the hosts of the network. */
import { spawnSync } from "node:child_process";
import type { Network } from "./network.ts";

/** Why there is none, or false. */
export function noFirewall(): string | false {
  const { error, status, stderr } = spawnSync("unshare", ["--net", "nft", "list", "tables"], { encoding: "utf8" });
  return error === undefined && status === 0 ? false : `no nft: ${error?.message ?? stderr.trim()}`;
}

/** Has a host take the rules, or commands, of a text. */
export function filter({ namespaces }: Pick<Network, "namespaces">, rules: string, host: "a" | "b" = "a"): void {
  const { status, stderr } = spawnSync(...namespaces.command(host, "nft", ["-f", "-"]), {
    input: `${rules}\n`,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`nft failed: ${stderr}`);
}
