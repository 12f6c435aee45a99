// Bundles with webpack, or with what has its API, in a process of its own: `node bundle_with.mjs JSON`, where JSON has the
// bundler's package, the directory that it is installed in, and its options. Prints [message] of all errors and warnings.
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";

const { bundler, directory, options } = JSON.parse(process.argv[2]);
const loaded = createRequire(path.join(directory, "package.json"))(bundler);
const bundle = loaded.rspack ?? loaded;
bundle(options, (error, stats) => {
  if (error) throw error;
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
  console.log(JSON.stringify([...errors, ...warnings].map(({ message }) => message)));
});
