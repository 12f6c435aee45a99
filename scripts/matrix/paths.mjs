// Where everything is.
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
export const inRoot = (...parts) => path.join(root, ...parts);
export const packageFile = (...parts) => inRoot("node_modules", ...parts);

/** This run's own bundles and reports, so that two runs in one work tree do not disturb each other. */
export const runDirectory = inRoot(".build", `run-${process.pid}`);

/** The command of an installed package's JavaScript program. */
export const nodeProgram = (...parts) => [process.execPath, packageFile(...parts)];
