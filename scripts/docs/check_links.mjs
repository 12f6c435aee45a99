// Follows the site's links to its own files and their anchors. linkinator 7.6.1 is no help: it finds an anchor that is
// missing in one run and not in the next.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { site } from "./make_site.mjs";

const decode = (text) =>
  text.replace(/&#x([\da-f]+);/gi, (_, code) => String.fromCodePoint(Number.parseInt(code, 16))).replaceAll(
    "&quot;",
    '"',
  ).replaceAll("&amp;", "&");
const attributes = (html, name) =>
  [...html.matchAll(new RegExp(`\\s${name}="([^"]*)"`, "g"))].map(([, value]) => decode(value));

/** Relative to the site; Node 20 has no glob. */
function pagesIn(directory) {
  return readdirSync(path.join(site, directory), { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(directory, entry.name);
    return entry.isDirectory() ? pagesIn(file) : file.endsWith(".html") ? [file] : [];
  });
}

/** What leads nowhere, as `page: link`. */
export function checkLinks() {
  const pages = new Map(
    pagesIn("").map((page) => {
      const html = readFileSync(path.join(site, page), "utf8");
      return [page, {
        links: [...attributes(html, "href"), ...attributes(html, "src")],
        anchors: new Set(attributes(html, "id")),
      }];
    }),
  );
  const leads = (page, link) => {
    const [file, anchor] = link.split("#").map(decodeURIComponent);
    const target = file === "" ? page : path.normalize(path.join(path.dirname(page), file));
    if (!existsSync(path.join(site, target))) return false;
    return !anchor || !pages.has(target) || pages.get(target).anchors.has(anchor);
  };
  const dead = [...pages].flatMap(([page, { links }]) =>
    links.filter((link) => !/^[a-z]+:/.test(link) && !leads(page, link)).map((link) => `${page}: ${link}`)
  );
  if (pages.size < 50) throw new Error(`the site has ${pages.size} pages`);
  return [...new Set(dead)];
}
