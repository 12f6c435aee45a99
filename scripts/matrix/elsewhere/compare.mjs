// Whose a difference is: this module's, or the machine's.
import { readFileSync } from "node:fs";
import { inRoot } from "../paths.mjs";

/** Node 26's traces on Linux x64. */
const oracle = JSON.parse(readFileSync(inRoot("tests", "conformance", "oracle.json"), "utf8"));

const chosenPorts = /\b(?:3276[89]|327[7-9]\d|32[89]\d\d|3[3-9]\d{3}|[4-6]\d{4})\b/g;

/** Without a port that the system chose and no scenario expected, and without the stack of a scenario's own failure. */
const comparable = (line) => line.replace(/^(FAILED .*)\n[\s\S]*$/, "$1").replace(chosenPorts, "<a port>");

const equal = (one, other) => JSON.stringify(one?.map(comparable)) === JSON.stringify(other?.map(comparable));

const errno = /\bE[A-Z0-9]+\b/g;
const withoutErrnos = (line) => line.replace(errno, "E");
const syscallOf = (line) => /syscall: '(\w+)'/.exec(line)?.[1];

/** The errno that a system call gives there in the place of another: "syscall one other", from what node:dgram was told. */
function errnosThere(own) {
  const found = new Set();
  for (const traces of own) {
    for (const [name, trace] of traces) {
      for (const [index, line] of (oracle[name] ?? []).entries()) {
        const there = trace[index];
        if (there === undefined || there === line || withoutErrnos(there) !== withoutErrnos(line)) continue;
        found.add([syscallOf(line), line.match(errno)?.[0], there.match(errno)?.[0]].join(" "));
      }
    }
  }
  return found;
}

const threw = / threw \w*Error \[(E[A-Z0-9_]+)\]/;

/** This module names the feature that is lacking where node:dgram there fails without a word. */
const refusedAlike = (line, other) =>
  threw.exec(line)?.[1] === "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM" && other !== undefined && threw.test(other);

/**
 * Whether each line is the expected one, or what node:dgram has in that place there, or differs in an errno that is another
 * there: where this module does better than the runtime, the two don't agree in all lines, and yet the rest is the kernel's.
 */
function equalByLines(trace, expected, own, errnos) {
  return trace.length === expected?.length && trace.every((line, index) => {
    const wanted = expected[index];
    if (equal([line], [wanted]) || own.some((other) => other?.[index] && equal([line], [other[index]]))) return true;
    if (own.some((other) => refusedAlike(line, other?.[index]))) return true;
    if (withoutErrnos(line) !== withoutErrnos(wanted)) return false;
    return errnos.has([syscallOf(wanted), wanted.match(errno)?.[0], line.match(errno)?.[0]].join(" "));
  });
}

/**
 * Sorts the scenarios that were played. `expected` and `traces` are by scenario; `own` are the traces of what node:dgram
 * does there, one for each runtime that was asked: what one of them does there too is the machine's.
 */
export function compareTraces(expected, traces, own) {
  const sorted = { asNode26: [], asThere: [], ours: [] };
  const errnos = errnosThere(own);
  for (const [name, trace] of traces) {
    const others = own.map((those) => those.get(name));
    const isThere = others.some((other) => equal(trace, other)) || equalByLines(trace, expected[name], others, errnos);
    if (JSON.stringify(trace) === JSON.stringify(expected[name])) sorted.asNode26.push(name);
    else (isThere ? sorted.asThere : sorted.ours).push(name);
  }
  return sorted;
}

/** How two traces differ, a line for each event. */
export function difference(expected = [], got = []) {
  return Array.from({ length: Math.max(expected.length, got.length) }, (_, line) => line)
    .filter((line) => expected[line] !== got[line])
    .flatMap((line) => [`- ${expected[line] ?? ""}`, `+ ${got[line] ?? ""}`]).join("\n");
}
