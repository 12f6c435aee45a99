// Vitest's alias is for what it transforms: of the dependencies, those that are named here.
export default {
  resolve: { alias: [{ find: /^(node:)?dgram$/, replacement: "@x/dgram" }] },
  test: {
    include: ["**/*.vitest.mjs", "network_tests/recipes_vitest.test.mjs"],
    server: { deps: { inline: [/imported/] } },
  },
};
