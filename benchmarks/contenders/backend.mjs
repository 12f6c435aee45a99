// The backend that a contender names, for the option of that name; undefined is the runtime's own.
import process from "node:process";

const entry = process.env.DGRAM_BENCH_BACKEND;

export const backend = entry && (await import(entry)).listenDatagramBackend();
