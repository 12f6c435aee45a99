// What a CommonJS dependency has.
exports.bare = require("dgram");
exports.prefixed = require("node:dgram");
