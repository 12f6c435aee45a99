/** What connect(2) says of the broadcast address, asked without the runtime under test. */
import { spawnSync } from "node:child_process";
import { python, pythonSkip } from "./python.ts";

const REFUSED = ["EACCES", "WSAEACCES"];
const CONNECT = `
import errno, socket
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("255.255.255.255", 9))
except OSError as error:
    print(errno.errorcode.get(error.errno, error.errno))
else:
    print("it succeeds")`;

let found: string | false | undefined;

/** Why it is not refused with EACCES, for which the kernel has to have a route to it; or false. */
export function broadcastNotRefused(): string | false {
  if (pythonSkip !== false) return false;
  if (found === undefined) {
    const answer = spawnSync(python, ["-c", CONNECT], { encoding: "utf8" }).stdout.trim();
    found = REFUSED.includes(answer)
      ? false
      : `connect() to 255.255.255.255 is not refused with EACCES here: ${answer}`;
  }
  return found;
}
