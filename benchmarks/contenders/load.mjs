// How long the import of a module takes, in ms. Run as: PROGRAM MODULE
// Nothing of node: is touched before: on Deno the first such module takes 4 ms, and the global process 12.
const [module] = globalThis.Deno?.args ?? process.argv.slice(2);
const started = performance.now();
const { createSocket } = await import(module);
const ms = performance.now() - started;
if (typeof createSocket !== "function") throw new Error("no createSocket");
console.log(JSON.stringify({ ms }));
