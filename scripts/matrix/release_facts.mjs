// What has to be true of the repository before a version of it is published.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { inRoot } from "./paths.mjs";
import { nodeVersions } from "./runtimes.mjs";

const read = (file) => readFileSync(inRoot(...file.split("/")), "utf8");
const readJson = (file) => JSON.parse(read(file));

/** What stands where only the owner knows what should: RELEASING.md says what each is. */
const placeholder = /OWNER_[A-Z_]+/g;

/** The files that the owner's contacts are in. */
const withContacts = ["SECURITY.md", "CODE_OF_CONDUCT.md", ".github/ISSUE_TEMPLATE/config.yml"];

/** Sentences, one for each place in which another version stands than in package.json: at all times there are none. */
export function versionProblems() {
  const { version, name } = readJson("package.json");
  const deno = readJson("deno.json");
  const lock = readJson("package-lock.json");
  const problems = [];
  const expect = (place, found, wanted = version) => {
    if (found !== wanted) problems.push(`${place} is ${found}, and ${wanted} in package.json`);
  };
  expect("deno.json's version", deno.version);
  expect("deno.json's name", deno.name, name);
  expect("package-lock.json's version", lock.version);
  expect("the version of package-lock.json's first package", lock.packages[""].version);
  const workflow = ".github/actions/nodes/action.yml";
  for (const node of nodeVersions.filter((node) => !read(workflow).includes(`node-version: "${node}"`))) {
    problems.push(`${workflow} does not set up Node ${node}, which scripts/matrix/runtimes.mjs names`);
  }
  if (releaseLine(version) === undefined) problems.push(`CHANGELOG.md has no section "## ${version}"`);
  return [...problems, ...actionProblems()];
}

/** A tag of somebody else's action can be moved to other code; its commit can't. */
function actionProblems() {
  return readdirSync(inRoot(".github"), { recursive: true }).filter((file) => file.endsWith(".yml")).flatMap((file) => {
    const used = [...read(`.github/${file.replaceAll("\\", "/")}`).matchAll(/\buses: *([^\s#]+)/g)].map(([, action]) =>
      action
    );
    return used.filter((action) => !action.startsWith("./") && !/@[0-9a-f]{40}$/.test(action))
      .map((action) => `.github/${file} names ${action} by something else than its commit`);
  });
}

/** The rest of the heading of that version's section. */
function releaseLine(version) {
  const heading = read("CHANGELOG.md").split("\n").find((line) =>
    line.split(" ").slice(0, 2).join(" ") === `## ${version}`
  );
  return heading?.slice(`## ${version}`.length).trim();
}

/** Sentences, one for each thing that only the owner knows and has not said. */
export function ownerProblems() {
  const { author, bugs, homepage, repository, version } = readJson("package.json");
  const problems = [];
  const url = repository?.url ?? "";
  if (!/^git\+https:\/\/\S+\.git$/.test(url)) {
    problems.push(`package.json: "repository" is missing: { "type": "git", "url": "git+https://github.com/…/….git" }`);
  }
  if (!author) problems.push(`package.json: "author" is missing`);
  if (!bugs?.url) problems.push(`package.json: "bugs" is missing: { "url": "…/issues" }`);
  if (!homepage) problems.push(`package.json: "homepage" is missing`);
  for (const file of withContacts.filter((file) => existsSync(inRoot(file)))) {
    for (const found of new Set(read(file).match(placeholder))) problems.push(`${file}: ${found} still stands there`);
  }
  const date = releaseLine(version);
  if (date !== undefined && !/^\(\d{4}-\d\d-\d\d\)$/.test(date)) {
    problems.push(`CHANGELOG.md: the section of ${version} has no date: "## ${version} (2030-01-31)"`);
  }
  return problems;
}

/** Sentences, one for each thing that the workflow of a release has to be given. */
export function workflowProblems(env) {
  const { repository, version } = readJson("package.json");
  const problems = [];
  const { GITHUB_REF_TYPE: type, GITHUB_REF_NAME: tag, GITHUB_REPOSITORY: slug, GITHUB_SERVER_URL: server } = env;
  if (type !== "tag" || tag !== `v${version}`) {
    problems.push(`it is ${type} ${tag} that is released, and the tag of package.json's version is v${version}`);
  }
  const here = `git+${server}/${slug}.git`;
  if (repository?.url && repository.url !== here) {
    problems.push(`package.json: "repository" is ${repository.url}, and npm takes provenance from ${here} only`);
  }
  if (!env.NODE_AUTH_TOKEN && env.NPM_TRUSTED_PUBLISHING !== "true") {
    problems.push(
      `the secret NPM_TOKEN is missing, or the variable NPM_TRUSTED_PUBLISHING once npm trusts this workflow`,
    );
  }
  if (!env.ACTIONS_ID_TOKEN_REQUEST_URL) problems.push(`the job lacks the permission "id-token: write"`);
  if (env.JSR_SCOPE_CLAIMED !== "true") {
    problems.push(`the variable JSR_SCOPE_CLAIMED is not "true": JSR has to know the package and this repository`);
  }
  return problems;
}

/** Sentences, one for each file that package.json names and that a package of `files` lacks. */
export function fileProblems(files) {
  const { bin, exports, imports, main, module, types, typesVersions } = readJson("package.json");
  const named = new Set(["package.json", "README.md", "LICENSE", "CHANGELOG.md"]);
  const collect = (value) => {
    if (typeof value === "string") named.add(value.replace(/^\.\//, ""));
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(collect);
  };
  [bin, exports, imports, main, module, types, typesVersions].forEach(collect);
  // What those import of each other.
  const dist = existsSync(inRoot("dist")) ? readdirSync(inRoot("dist")).map((name) => `dist/${name}`) : [];
  for (const name of dist) named.add(name);
  const there = new Set(files);
  return [...named].filter((name) => !there.has(name)).map((name) => `${name} is not in the package`);
}
