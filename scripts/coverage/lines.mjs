// The lines and branches of reports in lcov's form.

/** Map of file to { lines: Map of number to count, branches: Map of where it is to whether it was taken }. */
export function readLcov(text) {
  const files = new Map();
  let file;
  for (const line of text.split("\n")) {
    const [kind, value] = line.split(/:(.*)/s);
    if (kind === "SF") files.set(value.replaceAll("\\", "/"), file = { lines: new Map(), branches: new Map() });
    if (kind === "DA") {
      const [number, count] = value.split(",").map(Number);
      file.lines.set(number, count);
    }
    if (kind === "BRDA") {
      // Which block of the file it is depends on what else was loaded: the how maniest of its line does not.
      const [line, , , taken] = value.split(",");
      let place = 1;
      while (file.branches.has(`${line} ${place}`)) place++;
      file.branches.set(`${line} ${place}`, Number(taken) > 0);
    }
  }
  return files;
}

/** Adds what a report has to what is known. */
export function addReport(files, more) {
  for (const [name, { lines, branches }] of more) {
    const known = files.get(name) ?? { lines: new Map(), branches: new Map() };
    files.set(name, known);
    for (const [number, count] of lines) known.lines.set(number, (known.lines.get(number) ?? 0) + count);
    for (const [where, taken] of branches) known.branches.set(where, taken || known.branches.get(where) === true);
  }
}

/** Adds the counts of lines that a report has of files that are known. */
export function addLines(files, more) {
  for (const [name, { lines }] of more) {
    const known = files.get(name)?.lines;
    if (known === undefined) continue;
    for (const [number, count] of lines) if (known.has(number)) known.set(number, known.get(number) + count);
  }
}

/** `3-5, 9` of those lines that were never run. */
export function uncovered(lines) {
  const ranges = [];
  for (const [number, count] of [...lines].sort(([one], [other]) => one - other)) {
    if (count > 0) continue;
    const last = ranges.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => from === to ? `${from}` : `${from}-${to}`).join(", ");
}
