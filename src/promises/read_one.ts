import { notRunning } from "../core/errors.ts";
import type { Inbox, Reader } from "./inbox.ts";
import { onAbort } from "./on_abort.ts";
import type { IncomingDatagram } from "./types.ts";

/** The next datagram. The signal has not been aborted yet. */
export async function readOne(inbox: Inbox, signal: AbortSignal | undefined): Promise<IncomingDatagram> {
  return inbox.take() ?? await new Promise<IncomingDatagram>((done, fail) => {
    const reader: Reader = {
      give(datagram) {
        stop();
        done(datagram);
      },
      end() {
        stop();
        fail(notRunning());
      },
      fail(error) {
        stop();
        fail(error);
      },
    };
    const stop = signal === undefined ? nothing : onAbort(signal, () => {
      inbox.leave(reader);
      reader.fail(signal.reason);
    });
    inbox.wait(reader);
  });
}

function nothing(): void {}
