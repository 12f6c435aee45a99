/** What a command that listens says first. */
import type { Ending } from "./ending.ts";
import type { Report } from "./report.ts";
import { placesOf, type Socket } from "./sockets.ts";

/**
 * Tells where the sockets listen, each as a result and all of them in words. From then on an error of one ends the
 * command.
 *
 * @param prepare what else is to be done with each, before it is told
 */
export function announce(
  sockets: readonly Socket[],
  { report, ending }: { readonly report: Report; readonly ending: Ending },
  words: (places: string) => string,
  prepare: (socket: Socket) => void = () => {},
): void {
  for (const socket of sockets) {
    socket.on("error", ending.fail);
    prepare(socket);
    report.tell("listening", { ...socket.address() });
  }
  report.remark(words(placesOf(sockets)));
}
