// What tests and tools do to the exports of a CommonJS module, done to those of each entry, and undone.
const assert = require("node:assert");
const shimmer = require("shimmer");
const sinon = require("sinon");

const functions = {
  "@x/dgram": ["createSocket", "Socket", "cachedLookup"],
  "@x/dgram/deno": ["listenDatagramBackend"],
  "@x/dgram/ffi": ["createSocket", "Socket"],
  "@x/dgram/promises": ["bind", "connect"],
  "@x/dgram/web": ["UDPSocket"],
};
const own = Object.getOwnPropertyDescriptor(require("node:dgram"), "createSocket");
for (const [entry, names] of Object.entries(functions)) {
  const exports = require(entry);
  for (const name of names) {
    const real = exports[name];
    const described = { ...own, value: real };
    assert.deepStrictEqual(Object.getOwnPropertyDescriptor(exports, name), described, `${entry} ${name}`);

    sinon.stub(exports, name).returns("stubbed");
    assert.strictEqual(require(entry)[name](), "stubbed");
    sinon.restore();
    assert.strictEqual(exports[name], real);

    shimmer.wrap(exports, name, () => () => "wrapped");
    assert.strictEqual(require(entry)[name](), "wrapped");
    shimmer.unwrap(exports, name);

    exports[name] = () => "assigned";
    assert.strictEqual(require(entry)[name](), "assigned");
    exports[name] = real;
  }
}
// As by TypeScript's and Babel's compilers: `import dgram from "@x/dgram"`.
const { default: dgram } = require("@x/dgram");
sinon.stub(dgram, "createSocket").returns("stubbed");
assert.strictEqual(require("@x/dgram").createSocket("udp4"), "stubbed");
console.log("stubbed");
