import { readAddress } from "./ip_address.ts";

/** Addresses of hosts that are given none. */
export class FreeAddresses {
  readonly #owners: ReadonlyMap<string, unknown>;
  /** Those up to this number are known to be taken. */
  #taken = 0;

  constructor(owners: ReadonlyMap<string, unknown>) {
    this.#owners = owners;
  }

  /** Looks from the first one on again, since some may have been given back. */
  lookAgain(): void {
    this.#taken = 0;
  }

  /** One of each family. @param made how many hosts there have been */
  next(made: number): string[] {
    for (let number = Math.max(made, this.#taken) + 1;; number++) {
      this.#taken = number - 1;
      const four = `10.${number >> 16 & 255}.${number >> 8 & 255}.${number & 255}`;
      const six = readAddress(`fd00::${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}`)!.text;
      if ((number & 255) !== 0 && (number & 255) !== 255 && !this.#owners.has(four) && !this.#owners.has(six)) {
        return [four, six];
      }
    }
  }
}
