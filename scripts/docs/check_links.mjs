// Follows the site's links, those to headings too; what is outside is not asked.
import { LinkChecker } from "linkinator";
import { site } from "./make_site.mjs";

/** What leads nowhere, as `page: link`. */
export async function checkLinks() {
  const { links } = await new LinkChecker().check({
    path: site,
    recurse: true,
    checkFragments: true,
    linksToSkip: ["^https?://(?!localhost)"],
  });
  if (links.length < 50) throw new Error(`only ${links.length} links were found`);
  return links.filter(({ state }) => state === "BROKEN").map(({ url, parent }) => `${parent}: ${url}`);
}
