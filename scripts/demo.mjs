// `npm run demo`: real datagrams between every pair of runtimes. Plain JavaScript without any package, so that it can
// install the packages itself in a fresh clone.
import process from "node:process";
import { installPackages } from "./matrix/packages.mjs";

try {
  await installPackages();
  // Only now: what follows uses the packages.
  const { runDemo } = await import("./demo/run.mjs");
  process.exitCode = await runDemo();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
