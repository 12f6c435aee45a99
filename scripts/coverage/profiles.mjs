// What V8 counted in each process of Node and Deno, added up for each bundle of a test.
import { mergeScriptCovs } from "@bcoe/v8-coverage";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** The environment that has a process, and all that it starts, leave a profile there. */
export const profiling = (directory) => ({ NODE_V8_COVERAGE: directory, DENO_COVERAGE_DIR: directory });

export class Profiles {
  /** By the bundle's address. */
  #scripts = new Map();

  /** Adds the profiles that stand in a directory, which is removed: a cell leaves gigabytes. */
  add(directory, bundles) {
    if (!existsSync(directory)) return;
    const start = pathToFileURL(bundles).href;
    for (const name of readdirSync(directory)) {
      const profile = read(path.join(directory, name));
      // Node's has the scripts of a process, Deno's is of one script.
      for (const script of profile?.result ?? [profile]) {
        if (!script?.url?.startsWith(start)) continue;
        const known = this.#scripts.get(script.url);
        this.#scripts.set(script.url, known ? mergeScriptCovs([known, script]) : script);
      }
    }
    rmSync(directory, { recursive: true });
  }

  scripts() {
    return [...this.#scripts.values()];
  }
}

/** Undefined for one that was cut short, since its process was killed. */
function read(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
