/** A program that has the module put in the place of node:dgram, and then loads that in each way. Prints what it finds. */
import { createSocket } from "@x/dgram";
import console from "node:console";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { replaceDgram } from "../../src/register/replace_dgram.ts";
import { root } from "../support/child.ts";

type Found = typeof import("node:dgram") & { default: typeof import("node:dgram") };

async function main(): Promise<void> {
  let refusal = "";
  try {
    // As where it has become a part of another file.
    replaceDgram(import.meta.url);
  } catch (error) {
    refusal = String((error as NodeJS.ErrnoException).code);
    replaceDgram(pathToFileURL(path.join(root, "src/register/mod.ts")).href);
  }
  const required = createRequire(import.meta.url)("node:dgram") as Found;
  const imported = await import("node:dgram") as unknown as Found;
  const found = [required, imported, imported.default].map(({ createSocket: create }) => {
    const socket = create("udp4");
    const isOurs = "sendMany" in socket && create === createSocket as unknown;
    socket.close();
    return isOurs;
  });
  console.log(JSON.stringify({ refusal, found }));
}

void main();
