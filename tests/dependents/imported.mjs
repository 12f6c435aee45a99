// What a dependency that is an ES module has.
import bare, { createSocket } from "dgram";
import prefixed, { createSocket as prefixedCreateSocket } from "node:dgram";

export { bare, createSocket, prefixed, prefixedCreateSocket };
