// How long the import of a module takes, in ms. Run as: PROGRAM MODULE
import process from "node:process";

const started = performance.now();
const { createSocket } = await import(process.argv[2]);
const ms = performance.now() - started;
if (typeof createSocket !== "function") throw new Error("no createSocket");
console.log(JSON.stringify({ ms }));
