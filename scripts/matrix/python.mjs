// The program of Python 3: Windows and some others have it under another name, or something else under this one.
import { spawnSync } from "node:child_process";

const isPython3 = (name) => /^Python 3/.test(spawnSync(name, ["--version"], { encoding: "utf8" }).stdout ?? "");

const found = ["python3", "python", "py"].find(isPython3);

export const hasPython = found !== undefined;
export const python = found ?? "python3";
