import type { BlockList } from "node:net";
import type { Backend } from "./backend.ts";
import { badType } from "./errors.ts";
import { backendHere } from "./runtime_backend.ts";
import { SendBudget } from "./send_budget.ts";
import type { Settings } from "./state.ts";
import type { LookupFunction, SocketOptions } from "./types.ts";
import { validateBlockList, validateFunction, validateUint32 } from "./validate.ts";

const FLAGS = ["reuseAddr", "reusePort", "ipv6Only", "receiveInfo", "receiveOffload", "pooledMessages"] as const;

type Flag = (typeof FLAGS)[number];

/** Reads createSocket's options in Node's order of checks. */
export function readSettings(options: Partial<SocketOptions>, defaultBackend: Backend): Settings {
  const { type, lookup, recvBufferSize, sendBufferSize, receiveBlockList, sendBlockList } = options;
  const backend = options.backend ?? backendHere() ?? defaultBackend;
  if (recvBufferSize) validateUint32(recvBufferSize, "options.recvBufferSize");
  if (sendBufferSize) validateUint32(sendBufferSize, "options.sendBufferSize");
  if (receiveBlockList) validateBlockList(receiveBlockList, "options.receiveBlockList");
  if (sendBlockList) validateBlockList(sendBlockList, "options.sendBlockList");
  if (lookup !== undefined) validateFunction(lookup, "lookup");
  if (type !== "udp4" && type !== "udp6") throw badType();
  const { maxSendQueueCount = 0, maxSendQueueSize = 0 } = options;
  validateUint32(maxSendQueueCount, "options.maxSendQueueCount");
  validateUint32(maxSendQueueSize, "options.maxSendQueueSize");
  return {
    backend,
    family: type === "udp4" ? 4 : 6,
    flags: Object.fromEntries(FLAGS.map((flag) => [flag, Boolean(options[flag])])) as Record<Flag, boolean>,
    recvBufferSize,
    sendBufferSize,
    lookup: lookup as LookupFunction | undefined,
    receiveBlockList: (receiveBlockList || undefined) as BlockList | undefined,
    batchMessages: Boolean(options.batchMessages),
    budget: maxSendQueueCount || maxSendQueueSize ? new SendBudget(maxSendQueueCount, maxSendQueueSize) : null,
    sendBlockList: (sendBlockList || undefined) as BlockList | undefined,
  };
}
