/** Which datagrams of a link are lost. */
import { invalidArgValue, outOfRange } from "../core/errors.ts";
import { validateObject } from "../core/validate.ts";
import { checkKnown, toInteger, toProbability } from "./read_options.ts";
import type { Random } from "./random.ts";

/** Loss that is not one probability. */
export type LossOptions =
  /** Exactly `lose` of each `of` packets, at random places among them. */
  | { readonly lose: number; readonly of: number }
  /** Those of these numbers, the first being 1, and no others. */
  | { readonly numbers: readonly number[] }
  /**
   * Gilbert and Elliott's model: a good and a bad state, with the probabilities of changing from one to the other with
   * each packet, and of loss in each: 0 and 1 if left out.
   */
  | {
    readonly toBad: number;
    readonly toGood: number;
    readonly lossInGood?: number;
    readonly lossInBad?: number;
  };

/** Says of one packet after the other whether it is lost. */
export type LossModel = (random: Random) => boolean;

/** Reads the option; each link and direction makes a model of its own. */
export function readLoss(loss: number | LossOptions, name: string): () => LossModel {
  if (typeof loss === "number") {
    const probability = toProbability(loss, name);
    return () => (random) => random.chance(probability);
  }
  validateObject(loss, name);
  if ("lose" in loss) return readExact(loss, name);
  if ("numbers" in loss) return readNumbers(loss, name);
  if ("toBad" in loss) return readBursts(loss, name);
  throw invalidArgValue(name, "must be a number, or have 'lose' and 'of', or 'numbers', or 'toBad' and 'toGood'", loss);
}

function readExact(loss: { readonly lose: number; readonly of: number }, name: string): () => LossModel {
  checkKnown(loss, ["lose", "of"], name);
  const of = toInteger(loss.of, `${name}.of`, 1, 0xffff_ffff);
  const lose = toInteger(loss.lose, `${name}.lose`, 0, of);
  return () => {
    let left = of;
    let toLose = lose;
    return (random) => {
      const isLost = random.below(left) < toLose;
      if (isLost) toLose--;
      if (--left === 0) {
        left = of;
        toLose = lose;
      }
      return isLost;
    };
  };
}

function readNumbers(loss: { readonly numbers: readonly number[] }, name: string): () => LossModel {
  checkKnown(loss, ["numbers"], name);
  if (!Array.isArray(loss.numbers)) throw invalidArgValue(`${name}.numbers`, "must be a list of numbers", loss.numbers);
  const numbers = new Set(
    loss.numbers.map((number) => toInteger(number, `${name}.numbers`, 1, Number.MAX_SAFE_INTEGER)),
  );
  return () => {
    let count = 0;
    return () => numbers.has(++count);
  };
}

function readBursts(
  loss: { readonly toBad: number; readonly toGood: number; readonly lossInGood?: number; readonly lossInBad?: number },
  name: string,
): () => LossModel {
  checkKnown(loss, ["toBad", "toGood", "lossInGood", "lossInBad"], name);
  const toBad = toProbability(loss.toBad, `${name}.toBad`);
  const toGood = toProbability(loss.toGood, `${name}.toGood`);
  const inGood = toProbability(loss.lossInGood ?? 0, `${name}.lossInGood`);
  const inBad = toProbability(loss.lossInBad ?? 1, `${name}.lossInBad`);
  if (toBad > 0 && toGood === 0 && inBad === 1 && loss.lossInBad === undefined) {
    throw outOfRange(`${name}.toGood`, "> 0, or everything is lost from the first bad packet on", toGood);
  }
  return () => {
    let bad = false;
    return (random) => {
      if (random.chance(bad ? toGood : toBad)) bad = !bad;
      return random.chance(bad ? inBad : inGood);
    };
  };
}
