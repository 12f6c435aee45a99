/*
 * The other machines whose programs this one can run. Each is { system, programs, absent?, start() }: the system that it
 * stands for, the runtimes' programs, those that do not exist there with the reason, and a function that answers
 * { reason }, or { through, command(program, args), inheritsDescriptors?, env, pathOf(file), end() }: what runs the programs,
 * the command line of one, whether it can be given open sockets, its environment, a file's path as a program there knows
 * it, and what to call when all have ended.
 */
import { arm64 } from "./arm64.mjs";
import { musl } from "./musl.mjs";
import { wine } from "./wine.mjs";

export const machines = { arm64, musl, wine };
