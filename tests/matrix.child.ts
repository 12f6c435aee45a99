/** Prints what a test runner would, as its arguments say, and ends or hangs. */
import process from "node:process";

const [text, ending] = process.argv.slice(2);
process.stdout.write(text);
// The test kills it; should the test be gone, it ends by itself.
if (ending === "hangs") setTimeout(() => {}, 60_000);
