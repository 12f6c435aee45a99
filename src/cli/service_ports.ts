/** Who must not be answered without somebody looking: services that answer by themselves. */
import type { RemoteInfo } from "../../mod.ts";

/** Echo, chargen, DNS and others of that kind listen below: two of them would never stop. */
export const LEAST_PORT = 1024;

/** Whether the sender may be such a service. */
export function answersItself({ port }: RemoteInfo): boolean {
  return port < LEAST_PORT;
}
