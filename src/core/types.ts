// The types of the API, by subject.
export type * from "./socket_types.ts";
