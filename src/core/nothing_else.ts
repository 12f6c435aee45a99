/** Options that inherit nothing, whatever somebody has put on every object. */
export function nothingElse<Options extends object>(options: Options): Options {
  return Object.setPrototypeOf(options, null) as Options;
}
