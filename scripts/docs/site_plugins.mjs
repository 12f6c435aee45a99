// What TypeDoc is told of this project: the pages' titles and groups, the entries' names, and each member's support.
import path from "node:path";
import { CommentTag, Converter, ReflectionKind } from "typedoc";
import { sourceAliases } from "../matrix/entries.mjs";
import { root } from "../matrix/paths.mjs";
import { readFeaturesOfMembers, readSupport } from "./read_support.mjs";

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

/**
 * The sources have a socket in parts, by subject, of which nobody has one alone: its page has them all, as groups of its
 * own members.
 */
export function joinSocket(app) {
  let titles;
  const socketOf = (project) =>
    project.getReflectionsByKind(ReflectionKind.Interface).find(({ name }) => name === "UdpSocket");
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const socket = socketOf(project);
    const parts = socket.extendedTypes.map(({ reflection }) => reflection);
    titles = parts.map(({ name }) => titleOf(name));
    const titleOfMember = new Map(
      parts.flatMap(({ children }, at) => children.map(({ name }) => [name, titles[at]])),
    );
    for (const { name, signatures: [first] = [] } of socket.children) {
      if (titleOfMember.has(name)) {
        first.comment.blockTags.push(new CommentTag("@group", text(titleOfMember.get(name))));
      }
    }
    socket.extendedTypes = parts.flatMap(({ extendedTypes }) => extendedTypes ?? []);
    for (const part of parts) project.removeReflection(part);
  });
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    const socket = socketOf(project);
    socket.groups.sort((a, b) => titles.indexOf(a.title) - titles.indexOf(b.title));
    for (const member of socket.children) {
      for (const each of [member, ...member.signatures ?? []]) delete each.inheritedFrom;
    }
  }, -1000);
}

/** "Kernel options" for `SocketKernelOptions`. */
function titleOf(name) {
  return name.replace(/^Socket/, "").replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Kinds that a program can use, and that a runtime may lack. */
const members = ReflectionKind.Property | ReflectionKind.Accessor | ReflectionKind.CallSignature |
  ReflectionKind.ConstructorSignature;

/** A line for each runtime: a telephone is not wide. */
function table(columns, features) {
  const row = (cells) => `| ${cells.join(" | ")} |`;
  const lines = columns.map((column) => row([column, ...features.map(({ support }) => support[column])]));
  return [row(["", ...features.map(({ name }) => `\`${name}\``)]), row(["---", ...features.map(() => "---")]), ...lines]
    .join("\n");
}

/** The features that a comment names: "Feature `ttl`", "With `receiveInfo`". */
function featuresIn({ summary, blockTags }) {
  const said = [summary, ...blockTags.map(({ content }) => content)].flat().map((part) => part.text).join("");
  return [...said.matchAll(/(?:[Ff]eature|[Ww]ith) `(\w+)`/g)].map(([, name]) => name);
}

/** Each member tells what works where: of the features that it, its overloads or the reference name, or everywhere. */
export function tellSupport(app) {
  const { columns, features } = readSupport();
  const ofMembers = readFeaturesOfMembers();
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    // Of overloads the first tells it for all.
    const commented = project.getReflectionsByKind(members).filter((reflection) =>
      reflection.comment && (reflection.parent.signatures ?? [reflection])[0] === reflection
    );
    const named = new Map(commented.map((reflection) => {
      const overloads = reflection.parent.signatures ?? [reflection];
      const names = overloads.flatMap(({ comment }) => comment ? featuresIn(comment) : []);
      const all = new Set([...names, ofMembers.get(reflection.name)]);
      return [reflection, [...all].filter((name) => name in features)];
    }));
    for (const [{ comment }, names] of named) {
      const content = names.length
        ? table(columns, names.map((name) => ({ name, support: features[name] })))
        : "On every runtime: Node 18 to 26, Deno and Bun.";
      comment.blockTags.push(new CommentTag("@support", text(content)));
    }
  });
}
