module.exports = { testMatch: ["**/*.test.cjs"], moduleNameMapper: { "^(node:)?dgram$": "@x/dgram" } };
