// What a user's tests under Vitest do: spies and mocks, and node:dgram aliased to this module.
import dgram, { Socket } from "@x/dgram";
import { createRequire } from "node:module";
import { expect, test, vi } from "vitest";
import { bare, createSocket, prefixed } from "../imported.mjs";

const require = createRequire(import.meta.url);

test("a spy takes the place of what the default export has", () => {
  vi.spyOn(dgram, "createSocket").mockReturnValue("spied");
  expect(bare.createSocket()).toBe("spied");
  vi.restoreAllMocks();
});

test.each([["@x/dgram", "createSocket"], ["@x/dgram/ffi", "createSocket"], ["@x/dgram/promises", "bind"]])(
  "a spy takes the place of what %s exports to require()",
  (entry, name) => {
    vi.spyOn(require(entry), name).mockReturnValue("spied");
    expect(require(entry)[name]()).toBe("spied");
    vi.restoreAllMocks();
  },
);

test("the aliased module sends and receives", async () => {
  expect(prefixed.Socket).toBe(Socket);
  const message = await new Promise((resolve) => {
    const socket = createSocket("udp4", (message) => socket.close(() => resolve(`${message}`)));
    socket.bind(0, "127.0.0.1", () => socket.send("pong", socket.address().port, "127.0.0.1"));
  });
  expect(message).toBe("pong");
});
