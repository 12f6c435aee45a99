// Reads the JUnit files of the three runtimes' test runners.
import { XMLParser } from "fast-xml-parser";
import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";

const parser = new XMLParser({
  ignoreAttributes: false,
  // Node 18 to 24 put an attribute "failure" beside the element of that name.
  attributeNamePrefix: "@",
  isArray: (name) => name === "testcase" || name === "testsuite",
  processEntities: true,
});

const entities = { quot: '"', apos: "'", lt: "<", gt: ">", amp: "&" };

/** Node 18 to 24 escape quotes and line ends twice; std's assertions colour their messages everywhere but on Deno. */
const clean = (text) =>
  stripVTControlCharacters(text).replace(
    /&(?:(quot|apos|lt|gt|amp)|#(\d+));/g,
    (_, name, code) => name ? entities[name] : String.fromCodePoint(code),
  );

/** The element's text holds the attribute's message again, with its line ends. Bun 1.2.23 writes neither. */
const textOf = (node) =>
  typeof node === "object" && node !== null ? String(node["#text"] ?? node["@message"] ?? "") : String(node);

function collect(node, found) {
  for (const suite of node.testsuite ?? []) collect(suite, found);
  for (const testcase of node.testcase ?? []) {
    const problem = testcase.failure ?? testcase.error;
    const state = problem !== undefined ? "failed" : testcase.skipped !== undefined ? "skipped" : "passed";
    found.push({
      name: clean(String(testcase["@name"])),
      state,
      message: problem === undefined ? "" : clean(textOf(Array.isArray(problem) ? problem[0] : problem)),
    });
  }
  return found;
}

/** Answers [{ name, state, message }]; throws if there is no readable report. */
export function readJunit(file) {
  // Bun and Deno stop in the middle of a report when they are killed: what is no XML is an error, not an empty run.
  const document = parser.parse(readFileSync(file, "utf8"), true);
  return collect(document.testsuites ?? document, []);
}
