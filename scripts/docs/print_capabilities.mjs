// Prints what the runtime that runs it can do, as JSON.
import { capabilities } from "@x/dgram";

console.log(JSON.stringify(capabilities));
