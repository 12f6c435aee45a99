// Prints what the package is made of, as CycloneDX, for a release: `node scripts/sbom.mjs`. Plain JavaScript without any
// package.
import { readFileSync } from "node:fs";
import { mustRun, npm } from "./matrix/command.mjs";
import { inRoot } from "./matrix/paths.mjs";

const { name } = JSON.parse(readFileSync(inRoot("package.json"), "utf8"));
const { stdout } = await mustRun(npm(["sbom", "--omit=dev", "--package-lock-only", "--sbom-format=cyclonedx"]));
const materials = JSON.parse(stdout.slice(stdout.indexOf("{")));
// npm 11 gives the root the name of its folder, whatever package.json says.
materials.metadata.component.name = name;
console.log(JSON.stringify(materials, null, 2));
