/** What the messages of a handoff are known by: the same in every version, since two may talk to each other. */
export const KEY = "@x/dgram/handoff";
