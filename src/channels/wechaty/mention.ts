/** Whether a text calls somebody by name: `@name`, then U+2005, a blank, a mark or the end. */
export function callsByName(text: string, names: readonly string[]): boolean {
  return names.filter(Boolean).some((name) => {
    for (let at = text.indexOf(`@${name}`); at >= 0; at = text.indexOf(`@${name}`, at + 1)) {
      const after = text[at + name.length + 1];
      if (after === undefined || /[\s\u2005\p{P}]/u.test(after)) return true;
    }
    return false;
  });
}

/** The text with the names called in front, as chats do it. */
export const callNames = (text: string, names: readonly string[]): string =>
  [...names.map((name) => `@${name}\u2005`), text].join('');
