// What `npm pack` and `npm publish` run first: there is a whole package in a fresh clone, too, where nothing has been
// installed. Plain JavaScript without any package.
import process from "node:process";
import { installPackages } from "./matrix/packages.mjs";

try {
  await installPackages();
  // Only now: what follows needs the packages.
  const { buildPackage } = await import("./matrix/dist.mjs");
  // Times of files tell what is newer, not what is right: what is published is built for it.
  await buildPackage({ anew: process.env.npm_command === "publish" });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
