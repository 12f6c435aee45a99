// What a user's tests under Jest do: spies, and node:dgram mapped to this module, which finds the runtime's own below.
const dgram = require("@x/dgram");
const entries = {
  "@x/dgram": [dgram, "createSocket"],
  "@x/dgram/deno": [require("@x/dgram/deno"), "listenDatagramBackend"],
  "@x/dgram/ffi": [require("@x/dgram/ffi"), "createSocket"],
  "@x/dgram/promises": [require("@x/dgram/promises"), "bind"],
  "@x/dgram/web": [require("@x/dgram/web"), "UDPSocket"],
};

test.each(Object.entries(entries))("a spy takes the place of what %s exports", (entry, [exports, name]) => {
  jest.spyOn(exports, name).mockReturnValue("spied");
  expect(require(entry)[name]()).toBe("spied");
  jest.restoreAllMocks();
  expect(require(entry)[name]).not.toHaveProperty("mock");
});

test("a library that requires dgram has the spy too", () => {
  jest.spyOn(dgram, "createSocket").mockReturnValue("spied");
  for (const found of Object.values(require("../required.cjs"))) expect(found.createSocket()).toBe("spied");
  jest.restoreAllMocks();
});

test("the mapped module sends and receives", (done) => {
  const { bare, prefixed } = require("../required.cjs");
  expect(bare).toBe(dgram);
  const receiver = prefixed.createSocket("udp4", (message) => {
    expect(`${message}`).toBe("pong");
    receiver.close(done);
  });
  receiver.bind(0, "127.0.0.1", () => {
    const sender = bare.createSocket("udp4");
    sender.send("pong", receiver.address().port, "127.0.0.1", () => sender.close());
  });
});
