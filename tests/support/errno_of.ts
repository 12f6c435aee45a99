import { constants } from "node:os";
import * as util from "node:util";

/** The negative errno of that name. Deno 2.8 and Bun 1.2.23 have no `getSystemErrorMap`. */
export function errnoOf(name: string): number {
  const { getSystemErrorMap } = util as Partial<typeof util>;
  if (getSystemErrorMap === undefined) return -constants.errno[name as keyof typeof constants.errno];
  return [...getSystemErrorMap()].find(([, [other]]) => other === name)![0];
}
