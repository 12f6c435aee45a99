/** The texts of --help. */
import { COMMON, type Option } from "./arguments.ts";
import type { Command } from "./command.ts";
import { commands } from "./commands/mod.ts";

/** How the tool is called in its own texts. */
export const NAME = "dgram";

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}

/** Lines of whole words, no longer than a narrow terminal. */
function wrap(text: string): string {
  return text.replace(/(.{1,79})(\s+|$)/g, "$1\n").trimEnd();
}

function optionRow([name, { short, value, about }]: [string, Option]): [string, string] {
  return [`${short ? `-${short}, ` : "    "}--${name}${value ? ` ${value}` : ""}`, about];
}

/** The tool's help. */
export function helpOfAll(): string {
  return `${NAME}: UDP datagrams on the command line

Usage: ${NAME} COMMAND [arguments] [options]

${table(Object.entries(commands).map(([name, { summary }]) => [name, summary]))}

${NAME} help COMMAND, or ${NAME} COMMAND --help, has its options. ${NAME} --version prints the version.

Exit codes: 0 done, 1 the run failed, 2 wrong usage, 130 Ctrl-C.`;
}

/** A command's help. */
export function helpOf(name: string, { summary, usage, options, notes }: Command): string {
  const lines = [
    `${NAME} ${name}: ${summary}`,
    "",
    `Usage: ${NAME} ${name} ${usage.replace("\n       ", `\n       ${NAME} `)}`,
    "",
    table(Object.entries({ ...options, ...COMMON }).map(optionRow)),
  ];
  if (notes.length) lines.push("", wrap(notes.join(" ")));
  return lines.join("\n");
}
