/**
 * The person's name in a group nickname: the whole of it (`黄秀兰`), or what follows the branch in the
 * form that branches ask for (`花茶支部-黄秀兰`). `undefined` where there is no telling.
 */
export function nameInNickname(nickname: string): string | undefined {
  const parts = nickname
    .normalize('NFKC')
    .trim()
    .split(/[-—_·・/|\s]+/u)
    .filter((part) => part !== '');
  const name = parts.length > 2 ? undefined : parts.at(-1);
  return name && [...name].length >= 2 && [...name].length <= 20 ? name : undefined;
}
