/** What a test needs of this runtime. */
import { capabilities, createSocket, type Feature, type Socket } from "@x/dgram";

/** Why a feature is not there, or false. Where a note limits it, `use` finds out: it is tried on a loopback socket. */
export function lacking(feature: Feature, family: 4 | 6 = 4, use?: (socket: Socket) => void): string | false {
  const note = capabilities.notes[feature];
  if (capabilities.features[feature] === "unavailable") return note ?? `${feature} is unavailable`;
  if (note === undefined || use === undefined) return false;
  const socket = createSocket(`udp${family}`);
  try {
    socket.bindSync({ address: family === 4 ? "127.0.0.1" : "::1" });
    use(socket);
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (code === "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM") return message;
  } finally {
    socket.close();
  }
  return false;
}

/** Why a feature is not the kernel's own here, or false. */
export function notNative(feature: Feature): string | false {
  if (capabilities.features[feature] === "native") return false;
  return capabilities.notes[feature] ?? `${feature} is not native`;
}
