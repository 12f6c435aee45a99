// @ts-check
// What others have sent, as text for a terminal: nothing that it obeys, that hides, or that reorders what stands beside it.

const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** @param {string} text */
export function printable(text) {
  return text.replace(UNSAFE, (char) => `\\u{${/** @type {number} */ (char.codePointAt(0)).toString(16)}}`);
}

/**
 * The same for text of several lines.
 * @param {string} text
 */
export function printableLines(text) {
  return text.split(/\r?\n/).map(printable).join("\n");
}
