#!/usr/bin/env node
/**
 * The command-line tool: importing this module runs it.
 *
 * ```sh
 * npx @x/dgram help
 * bunx @x/dgram help
 * deno run --allow-net jsr:@x/dgram/cli help
 * ```
 *
 * @module
 */
import { runProcess } from "./run_process.ts";

runProcess();
