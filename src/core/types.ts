// The types of the API, by subject.
export type { AddressInfo, MessageBuffer, RemoteInfo } from "./backend.ts";
export type * from "./event_types.ts";
export type * from "./message_types.ts";
export type * from "./option_types.ts";
export type * from "./socket_types.ts";
