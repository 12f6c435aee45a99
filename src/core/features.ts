/** What a runtime does not have, as errors. */
import { type Feature, type Support, UNAVAILABLE } from "./backend.ts";
import { featureUnavailable, systemCallError } from "./errors.ts";
import type { State } from "./state.ts";

/** The error of a feature that a socket's backend does not have. */
export function unavailable({ settings }: State, feature: Feature): Error {
  return featureUnavailable(feature, settings.backend.capabilities);
}

export function supportOf({ settings }: State, feature: Feature): Support {
  return settings.backend.capabilities.features[feature];
}

export function isUnavailable(state: State, feature: Feature): boolean {
  return supportOf(state, feature) === "unavailable";
}

export function requireFeature(state: State, feature: Feature): void {
  if (isUnavailable(state, feature)) throw unavailable(state, feature);
}

/** What a handle answered, unless it is an errno. */
export function checkResult<Name extends string>(
  state: State,
  result: number,
  name: Name,
  feature: Feature,
  toError: (errno: number, name: Name) => Error = systemCallError,
): number {
  if (result === UNAVAILABLE) throw unavailable(state, feature);
  if (result < 0) throw toError(result, name);
  return result;
}
