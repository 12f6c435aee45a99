// The types of the API, by subject.
export type { AddressInfo, MessageBuffer, RemoteInfo } from "./backend.ts";
export type * from "./event_types.ts";
export type * from "./message_types.ts";
export type * from "./option_types.ts";
export type * from "./socket_connection_types.ts";
export type * from "./socket_emitter_types.ts";
export type * from "./socket_kernel_option_types.ts";
export type * from "./socket_lifetime_types.ts";
export type * from "./socket_multicast_types.ts";
export type * from "./socket_receiving_types.ts";
export type * from "./socket_sending_types.ts";
export type * from "./socket_types.ts";
