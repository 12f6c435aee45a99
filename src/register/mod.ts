/**
 * Puts this module in the place of `node:dgram` for whatever a program loads: its dependencies, unchanged, make these
 * sockets. It exports nothing, and comes before the program:
 *
 * - `node --import @x/dgram/register app.js`, or `node -r @x/dgram/register app.js`
 * - `bun --preload @x/dgram/register app.js`
 * - `deno run --preload npm:@x/dgram/register app.js`
 *
 * On Node from 22.15 and on Deno module hooks lead there (`module.registerHooks`). On older Nodes, on Bun, and on Node
 * where a program imports it itself, the properties of the runtime's own module are replaced.
 *
 * @throws {Error} ERR_DGRAM_NOT_REPLACED where it can't be done, or comes too late. The message says what to do.
 *
 * @module
 */
import { replaceDgram } from "./replace_dgram.ts";

replaceDgram(import.meta.url);
