// Asks a runtime about one of its quirks: `probe.mjs RUNTIME NAME` prints { there: true or false }, or { skipped: why }.
import process from "node:process";
import { NotHere } from "./ask.mjs";
import { quirks } from "./list.mjs";

const [runtime, name] = process.argv.slice(2);
const { isThere } = quirks.find((quirk) => quirk.runtime === runtime && quirk.name === name);
// A probe's own exceptions are its matter; what it lets be must not end it before it has answered.
let answer;
try {
  answer = { there: Boolean(await isThere()) };
} catch (error) {
  if (!(error instanceof NotHere)) throw error;
  answer = { skipped: error.message };
}
console.log(JSON.stringify(answer));
process.exit();
