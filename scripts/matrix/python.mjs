// The program of Python 3: Windows and some others have it under another name, or something else under this one; where a version
// manager stands in for it, a start of the program itself takes a sixth of the time.
import { spawnSync } from "node:child_process";

const found = programOf("python3") ?? programOf("python") ?? programOf("py");

export const hasPython = found !== undefined;
export const python = found ?? "python3";

function programOf(name) {
  const asked = ["-c", "import sys; print(sys.version_info[0], sys.executable)"];
  return /^3 (.+)/.exec(spawnSync(name, asked, { encoding: "utf8" }).stdout ?? "")?.[1];
}
