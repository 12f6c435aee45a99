import type { BlockList } from "node:net";
import type { Backend, Family, OpenOptions } from "./backend.ts";
import { badType, invalidArgValue } from "./errors.ts";
import { backendHere } from "./runtime_backend.ts";
import { SendBudget } from "./send_budget.ts";
import type { LookupFunction, SocketOptions } from "./types.ts";
import { validateBlockList, validateFunction, validateUint32 } from "./validate.ts";

/** What was asked for at creation, after validation. */
export interface Settings {
  readonly backend: Backend;
  readonly family: Family;
  /** What `Backend.open` is asked for as well. */
  readonly flags: Readonly<Record<Flag, boolean>> & Pick<OpenOptions, "segmentation">;
  /** Bytes, if it is to be set. */
  readonly recvBufferSize: number | undefined;
  readonly sendBufferSize: number | undefined;
  readonly lookup: LookupFunction | undefined;
  /** Anything falsy is none, as on Node. */
  readonly receiveBlockList: BlockList | undefined;
  readonly sendBlockList: BlockList | undefined;
  readonly budget: SendBudget | null;
  readonly batchMessages: boolean;
}

const FLAGS = ["reuseAddr", "reusePort", "ipv6Only", "receiveInfo", "receiveOffload", "pooledMessages"] as const;

type Flag = (typeof FLAGS)[number];

/** What is checked if it is there. */
type Checked = "recvBufferSize" | "sendBufferSize" | "receiveBlockList" | "sendBlockList";

/** Reads createSocket's options in Node's order of checks. */
export function readSettings(options: Partial<SocketOptions>, defaultBackend: Backend): Settings {
  const { type, lookup } = options;
  const backend = options.backend ?? backendHere() ?? defaultBackend;
  validateFunction(backend.open, "options.backend.open");
  const read = <Name extends Checked>(name: Name, validate: (value: unknown, name: string) => void) => {
    const value = options[name];
    if (value) validate(value, `options.${name}`);
    return value;
  };
  const recvBufferSize = read("recvBufferSize", validateUint32);
  const sendBufferSize = read("sendBufferSize", validateUint32);
  const receiveBlockList = read("receiveBlockList", validateBlockList);
  const sendBlockList = read("sendBlockList", validateBlockList);
  if (lookup !== undefined) validateFunction(lookup, "lookup");
  if (type !== "udp4" && type !== "udp6") throw badType();
  const { maxSendQueueCount = 0, maxSendQueueSize = 0, segmentation = "auto" } = options;
  validateUint32(maxSendQueueCount, "options.maxSendQueueCount");
  validateUint32(maxSendQueueSize, "options.maxSendQueueSize");
  if (segmentation !== "auto" && segmentation !== "off") {
    throw invalidArgValue("options.segmentation", "must be one of: 'auto', 'off'", segmentation);
  }
  const flags = { segmentation } as Settings["flags"] & Record<Flag, boolean>;
  for (const flag of FLAGS) flags[flag] = Boolean(options[flag]);
  return {
    backend,
    family: type === "udp4" ? 4 : 6,
    flags,
    recvBufferSize,
    sendBufferSize,
    lookup,
    receiveBlockList,
    batchMessages: Boolean(options.batchMessages),
    budget: maxSendQueueCount || maxSendQueueSize ? new SendBudget(maxSendQueueCount, maxSendQueueSize) : null,
    sendBlockList,
  };
}
