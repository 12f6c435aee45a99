// On Bun: register in a program that has imported node:dgram, whose names stay what they were.
import "node:dgram";
import process from "node:process";

process.on("unhandledRejection", ({ code }) => console.log(code));
await import("@x/dgram/register");
