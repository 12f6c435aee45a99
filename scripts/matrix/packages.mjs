// Brings node_modules up to the lock file.
import { existsSync, readFileSync } from "node:fs";
import { mustRun, npm } from "./command.mjs";
import { inRoot } from "./paths.mjs";

const readLock = (file) => JSON.parse(readFileSync(file, "utf8")).packages;

/** True if each package of package-lock.json is installed in that version; one that suits other platforms may be absent. */
function upToDate() {
  const hidden = inRoot("node_modules", ".package-lock.json");
  if (!existsSync(hidden)) return false;
  const installed = readLock(hidden);
  return Object.entries(readLock(inRoot("package-lock.json"))).every(([path, entry]) => {
    if (!path.startsWith("node_modules/")) return true;
    const there = installed[path];
    return there ? there.version === entry.version && there.integrity === entry.integrity : Boolean(entry.optional);
  });
}

export async function installPackages() {
  if (upToDate()) return;
  console.error("installing packages (npm ci) ...");
  await mustRun(npm(["ci", "--no-audit", "--no-fund", "--prefer-offline"]), {
    // `npm pack --dry-run` tells the npm that its scripts start to do nothing, either.
    env: { npm_config_dry_run: undefined },
    timeout: 600_000,
  });
}
