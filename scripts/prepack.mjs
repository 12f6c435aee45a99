// What `npm pack` and `npm publish` run first: there is a whole package in a fresh clone, too, where nothing has been
// installed. Plain JavaScript without any package.
import { chmodSync, readdirSync, readFileSync, statSync } from "node:fs";
import process from "node:process";
import { installPackages } from "./matrix/packages.mjs";
import { inRoot } from "./matrix/paths.mjs";

/** npm takes the modes of files as they are, by which the same contents gave another tarball. */
function giveUsualModes() {
  const { files } = JSON.parse(readFileSync(inRoot("package.json"), "utf8"));
  for (const name of [...files, "LICENSE", "README.md", "package.json"]) {
    const isFolder = statSync(inRoot(name)).isDirectory();
    for (const file of isFolder ? readdirSync(inRoot(name)) : [""]) chmodSync(inRoot(name, file), 0o644);
  }
}

try {
  await installPackages();
  // Only now: what follows needs the packages.
  const { buildPackage } = await import("./matrix/dist.mjs");
  // Times of files tell what is newer, not what is right: what is published is built for it.
  await buildPackage({ anew: process.env.npm_command === "publish" });
  giveUsualModes();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
