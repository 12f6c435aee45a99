/** All commands, in the order of the help. */
import type { Command } from "../command.ts";
import { bench } from "./bench.ts";
import { discover } from "./discover.ts";
import { doctor } from "./doctor.ts";
import { echo } from "./echo.ts";
import { forward } from "./forward.ts";
import { listen } from "./listen.ts";
import { ping } from "./ping.ts";
import { send } from "./send.ts";

/** By name. */
export const commands: Readonly<Record<string, Command>> = {
  listen,
  send,
  echo,
  forward,
  ping,
  discover,
  bench,
  doctor,
};
