/**
 * The main entry as one file, for the examples in the cells that test a bundle of the source; and what knows its sockets,
 * which has to be of the same copy.
 */
export * from "@x/dgram";
export * from "@x/dgram/ancillary";
export * from "@x/dgram/guard";
export * from "@x/dgram/handoff";
export * from "@x/dgram/observe";
export { default } from "@x/dgram";
