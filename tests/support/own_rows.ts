import { capabilities } from "@x/dgram";

/** For a test of rows that nobody has asked for. */
export const noOwnRows: string | false = capabilities.backend === "bun" &&
  capabilities.features.connect !== "native" && "Bun before 1.4 sends by libc only what was asked to be a row";
