// The pages and the reference of the API, by TypeDoc: plain files that need no server.
import { pathToFileURL } from "node:url";
import { Application, OptionDefaults } from "typedoc";
import { entryFiles } from "../matrix/entries.mjs";
import { inRoot } from "../matrix/paths.mjs";
import { sitePages } from "./site_pages.mjs";
import { joinSocket, nameAndGroupPages, nameModules, tellSupport } from "./site_plugins.mjs";

export const site = inRoot("dist-docs");

/** Throws unless all went well, warnings included; answers the address of the first page. */
export async function makeSite() {
  const pages = sitePages();
  const app = await Application.bootstrap({
    name: "@x/dgram",
    // The tool is a program: it exports what JSR wants to run.
    entryPoints: entryFiles.filter((file) => !file.startsWith("src/cli/")).map((file) => inRoot(file)),
    tsconfig: inRoot("tsconfig.json"),
    // `npm run check` looks for type errors.
    skipErrorChecking: true,
    readme: inRoot("README.md"),
    projectDocuments: pages.map(({ file }) => inRoot(file)),
    customCss: inRoot("scripts", "docs", "site.css"),
    out: site,
    cleanOutputDir: true,
    includeVersion: true,
    disableSources: true,
    // What a socket inherits from an EventEmitter is Node's to document.
    excludeExternals: true,
    hideGenerator: true,
    sort: ["source-order"],
    sortEntryPoints: false,
    blockTags: [...OptionDefaults.blockTags, "@support"],
    highlightLanguages: [...OptionDefaults.highlightLanguages, "mermaid", "nginx"],
    visibilityFilters: {},
    // It has no place for an interface that extends a type, and leads there all the same (TypeDoc 0.28.20).
    includeHierarchySummary: false,
    searchInComments: true,
    searchInDocuments: true,
    navigation: { includeGroups: true },
    groupOrder: [...new Set(pages.map(({ group }) => group))],
    validation: { notExported: false, invalidLink: true, invalidPath: true, rewrittenLink: true },
    treatWarningsAsErrors: true,
    logLevel: "Warn",
  });
  nameAndGroupPages(app, pages);
  nameModules(app);
  joinSocket(app);
  tellSupport(app);
  const project = await app.convert();
  if (!project) throw new Error("the API could not be read");
  app.validate(project);
  await app.generateOutputs(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error("the site has faults");
  return pathToFileURL(`${site}/index.html`).href;
}
