/** Proves that a cell of the matrix is what its name says: the right artefact, with the right flags and permissions. */
import { assertEquals } from "@std/assert";
import { capabilities, createSocket } from "@x/dgram";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { root, runtime } from "./support/child.ts";

const subject = process.env.DGRAM_TEST_SUBJECT;
const expected = process.env.DGRAM_TEST_DENO;

test("the module under test is the artefact that this cell is named after", {
  skip: subject ? false : "started by hand, not by the matrix",
}, async () => {
  const dist = resolve(root, "dist");
  const isPackage = existsSync(dist) && [
    await import(pathToFileURL(resolve(dist, "mod.js")).href),
    createRequire(resolve(root, "package.json"))(resolve(dist, "mod.cjs")),
  ].some((artefact) => artefact.createSocket === createSocket);
  assertEquals(isPackage ? "package" : "source", subject);
});

test("Deno has the unstable flag, the ffi permission and the backend that this cell is named after, and no other", {
  skip: runtime !== "deno" ? "only on Deno" : expected ? false : "started by hand, not by the matrix",
}, () => {
  const { Deno } = globalThis as unknown as {
    Deno: { listenDatagram?: unknown; permissions: { querySync(descriptor: { name: string }): { state: string } } };
  };
  const ffi = Deno.permissions.querySync({ name: "ffi" }).state === "granted";
  const listenDatagram = capabilities.backend === "deno";
  assertEquals(JSON.stringify({ unstableNet: Boolean(Deno.listenDatagram), ffi, listenDatagram }), expected);
});

test("Node has system calls through the ffi entry in the cell that is named after it, and nowhere else", {
  skip: runtime === "node" ? false : "only on Node",
}, () => {
  assertEquals(capabilities.backend, process.env.DGRAM_TEST_FFI ? "node-ffi" : "node");
});
