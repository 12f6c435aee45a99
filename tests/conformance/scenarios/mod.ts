/** All scenarios, in the order in which they are played. */
import type { Scenario } from "../scenario.ts";
import { abortAndDisposeScenarios } from "./abort_and_dispose.ts";
import { bindScenarios } from "./bind.ts";
import { bindFdScenarios } from "./bind_fd.ts";
import { bindFormScenarios } from "./bind_forms.ts";
import { bindSyncScenarios, connectSyncScenarios } from "./bind_sync.ts";
import { blockListScenarios } from "./block_lists.ts";
import { bufferSizeScenarios } from "./buffer_sizes.ts";
import { closeScenarios } from "./close.ts";
import { connectScenarios } from "./connect.ts";
import { connectFailureScenarios } from "./connect_failures.ts";
import { contextScenarios } from "./context.ts";
import { createSocketScenarios } from "./create_socket.ts";
import { disconnectScenarios } from "./disconnect.ts";
import { errorScenarios } from "./errors.ts";
import { familyScenarios } from "./families.ts";
import { lookupScenarios } from "./lookup.ts";
import { membershipBindsScenarios } from "./membership_binds.ts";
import { membershipScenarios } from "./memberships.ts";
import { moduleScenarios } from "./module.ts";
import { multicastScenarios } from "./multicast.ts";
import { optionScenarios } from "./options.ts";
import { orderScenarios } from "./order.ts";
import { payloadScenarios } from "./payloads.ts";
import { queueScenarios } from "./queue.ts";
import { receiveScenarios } from "./receive.ts";
import { receiveErrorScenarios } from "./receive_errors.ts";
import { receiveListenerScenarios } from "./receive_listeners.ts";
import { sendScenarios } from "./send.ts";
import { sendArgumentScenarios } from "./send_arguments.ts";
import { sendFormScenarios } from "./send_forms.ts";
import { sendLookupScenarios } from "./send_lookups.ts";
import { sendStateScenarios } from "./send_states.ts";
import { sendTimingScenarios } from "./send_timing.ts";
import { sequenceScenarios } from "./sequences.ts";
import { stateScenarios } from "./states.ts";
import { changedBytesScenarios } from "./changed_bytes.ts";
import { userLookupScenarios } from "./user_lookups.ts";
import { failedBindScenarios } from "./failed_bind.ts";
import { nullByteScenarios } from "./null_bytes.ts";
import { connectedPeerScenarios } from "./connected_peer.ts";
import { reentrancyScenarios } from "./reentrancy.ts";

export const scenarios: readonly Scenario[] = [
  ...moduleScenarios,
  ...createSocketScenarios,
  ...sequenceScenarios,
  ...reentrancyScenarios,
  ...stateScenarios,
  ...bindFormScenarios,
  ...bindScenarios,
  ...bindFdScenarios,
  ...lookupScenarios,
  ...nullByteScenarios,
  ...bindSyncScenarios,
  ...failedBindScenarios,
  ...connectScenarios,
  ...connectFailureScenarios,
  ...connectedPeerScenarios,
  ...disconnectScenarios,
  ...connectSyncScenarios,
  ...familyScenarios,
  ...membershipBindsScenarios,
  ...orderScenarios,
  ...closeScenarios,
  ...abortAndDisposeScenarios,
  ...contextScenarios,
  ...sendFormScenarios,
  ...sendScenarios,
  ...sendArgumentScenarios,
  ...sendTimingScenarios,
  ...sendStateScenarios,
  ...sendLookupScenarios,
  ...userLookupScenarios,
  ...queueScenarios,
  ...payloadScenarios,
  ...changedBytesScenarios,
  ...blockListScenarios,
  ...receiveScenarios,
  ...receiveListenerScenarios,
  ...receiveErrorScenarios,
  ...optionScenarios,
  ...bufferSizeScenarios,
  ...multicastScenarios,
  ...membershipScenarios,
  ...errorScenarios,
];
