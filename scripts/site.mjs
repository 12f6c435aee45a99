// `npm run docs`: the site, in dist-docs. Plain JavaScript without any package, so that it can install the packages
// itself in a fresh clone.
import process from "node:process";
import { installPackages } from "./matrix/packages.mjs";

try {
  await installPackages();
  // Only now: what follows uses the packages.
  const { makeSite } = await import("./docs/make_site.mjs");
  const { checkLinks } = await import("./docs/check_links.mjs");
  const index = await makeSite();
  const dead = checkLinks();
  for (const line of dead) console.error(`dead link: ${line}`);
  if (!dead.length) console.log(index);
  process.exitCode = dead.length ? 1 : 0;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
