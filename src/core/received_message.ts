import type { MessageBuffer, RemoteInfo } from "./backend.ts";
import type { ReceivedMessage } from "./types.ts";

/** One message of a batch: made of the adapter's own object, which nobody else has. */
export function receivedMessage(data: MessageBuffer, from: RemoteInfo): ReceivedMessage {
  const message = from as ReceivedMessage;
  message.data = data;
  return message;
}
