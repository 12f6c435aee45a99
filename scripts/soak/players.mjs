// Who plays the soak: this module on each runtime.
import { bundleTests } from "../matrix/bundle.mjs";
import { bunPath, denoPath, nodeOfLine, nodePath } from "../matrix/runtimes.mjs";

const CHILD = "tests/soak/soak.child.ts";

/** [{ name, command, reason }], of those whose names have the text. */
export async function findPlayers(text) {
  const of = async (subject) => (await bundleTests(subject, "esm", { tests: [], children: [CHILD] })).fileOf(CHILD);
  const [source, ffi] = [await of("source"), await of("ffi")];
  const node = async (line) => await nodePath(nodeOfLine(line) ?? line);
  const [node20, node26] = [await node("20"), await node("26")];
  const deno = [denoPath(), "run", "--no-config", "--quiet"];
  const permissions = ["net", "read", "run", "env", "sys"].map((name) => `--allow-${name}`);
  const players = [
    { name: "Node 20", ...node20, command: [node20.path, source] },
    { name: "Node 26", ...node26, command: [node26.path, source] },
    {
      name: "Node 26, @x/dgram/ffi",
      ...node26,
      command: [node26.path, "--disable-warning=ExperimentalWarning", ffi],
    },
    { name: "Deno", command: [...deno, ...permissions, source] },
    { name: "Deno --unstable-net --allow-ffi", command: [...deno, "--allow-all", "--unstable-net", source] },
    { name: "Bun", command: [bunPath(), source] },
  ];
  return players.filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()));
}
