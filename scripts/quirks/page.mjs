// What docs/quirks.md says of each quirk.
const titles = { node: "Node", deno: "Deno", bun: "Bun" };

/** `denoland/deno#123`, as GitHub names what is at the address. */
const nameOf = (address) => address.replace(/^https:\/\/github\.com\/([^/]+\/[^/]+)\/\w+\/(\d+)$/, "$1#$2");

function howItEnds({ mended, untold }, runtime) {
  if (untold !== undefined) return `No test asks: ${untold}.`;
  if (mended === undefined) return "The test asks the newest version.";
  return `Mended in ${mended}: the workaround goes when the oldest supported ${titles[runtime]} has it.`;
}

function section(quirk) {
  const { runtime, name, does, seen, upstream, where } = quirk;
  const reported = upstream ? ` Upstream: [${nameOf(upstream)}](${upstream}).` : "";
  return [
    `### ${name[0].toUpperCase()}${name.slice(1)}`,
    does,
    `- Seen on ${titles[runtime]} ${seen}.${reported}`,
    `- Workaround: ${where.map((file) => `\`${file}\``).join(", ")}.`,
    `- ${howItEnds(quirk, runtime)}`,
  ].join("\n\n").replace(/\n\n- /g, "\n- ").replace(/\n- /, "\n\n- ");
}

/** The sections of all runtimes. */
export function quirksPage(quirks) {
  return Object.entries(titles).map(([runtime, title]) =>
    [`## ${title}`, ...quirks.filter((quirk) => quirk.runtime === runtime).map(section)].join("\n\n")
  ).join("\n\n");
}
