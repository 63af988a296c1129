/** What a browser is told of a file that it is to save. */

/** `plain`: a name of ASCII letters for whoever can't read the other. */
export const attachment = (plain: string, name: string): string =>
  `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name)}`;
