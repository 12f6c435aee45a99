// What TypeDoc is told of this project: the pages' titles and groups, the entries' names, and each member's support.
import path from "node:path";
import { CommentTag, Converter, ReflectionKind } from "typedoc";
import { sourceAliases } from "../matrix/entries.mjs";
import { root } from "../matrix/paths.mjs";
import { readSupport } from "./read_support.mjs";

const text = (content) => [{ kind: "text", text: content }];

/** A document is called by its first heading and stands in its group. */
export function nameAndGroupPages(app, pages) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    const file = document.project.files.getReflectionPath(document);
    const page = pages.find((each) => each.file === path.relative(root, file));
    if (!page) return;
    document.name = page.title;
    document.frontmatter.group = page.group;
  });
}

/** A module is called as it is imported. */
export function nameModules(app) {
  const names = new Map(
    Object.entries(sourceAliases).map(([name, file]) => [path.relative(root, file).replace(/\.ts$/, ""), name]),
  );
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      module.name = names.get(module.name) ?? module.name;
    }
  });
}

/** Kinds that a program can use, and that a runtime may lack. */
const members = ReflectionKind.Property | ReflectionKind.Accessor | ReflectionKind.CallSignature |
  ReflectionKind.ConstructorSignature;

function table(columns, features) {
  const row = (cells) => `| ${cells.join(" | ")} |`;
  const rows = features.map(({ name, support }) => row([`\`${name}\``, ...columns.map((column) => support[column])]));
  return [row(["feature", ...columns]), row(["---", ...columns.map(() => "---")]), ...rows].join("\n");
}

/** Each member tells what works where: of the features that its comment names, or that it works everywhere. */
export function tellSupport(app) {
  const { columns, features } = readSupport();
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const reflection of project.getReflectionsByKind(members)) {
      const { comment } = reflection;
      if (!comment) continue;
      const said = [comment.summary, ...comment.blockTags.map(({ content }) => content)].flat();
      const names = said.map((part) => part.text).join("").matchAll(/[Ff]eature `(\w+)`/g);
      const named = [...new Set([...names].map(([, name]) => name))].filter((name) => name in features);
      const content = named.length
        ? table(columns, named.map((name) => ({ name, support: features[name] })))
        : "On every runtime: Node 18 to 26, Deno and Bun.";
      comment.blockTags.push(new CommentTag("@support", text(content)));
    }
  });
}
