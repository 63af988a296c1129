import { giveConsent, hasConsent, withdrawConsent } from '../../people/consent.ts';
import { readPolicy } from '../../people/policies.ts';
import { makeCardsFor } from '../../quiz/practice.ts';
import { askCard } from '../private.ts';
import type { Command } from './command.ts';

const YES = /^(?:好|好的|开|开始|打开|是|要|同意|行|可以|yes)[。.!！]?$/i;
const NO = /^(?:停|停止|关|关闭|不|不要|不练了|取消|no)[。.!！]?$/i;

/** `练习`: the next card; `练习 好` agrees to it, `练习 停` ends it. */
export const practice: Command = async (rest, { db, zone, memberId, group, now }) => {
  if (group) return '练习请私聊我，发 练习 就行。';
  const said = rest.trim();
  if (NO.test(said))
    return (await withdrawConsent(db, memberId, 'practice', now)) ? '好的，不再发练习。' : '没有开过练习。';
  const most = await readPolicy(db, 'practice-per-day');
  if (YES.test(said)) {
    await giveConsent(db, memberId, 'practice', now);
    const made = await makeCardsFor(db, memberId, now);
    const found = made > 0 ? `找到 ${made} 道错过的题，` : '';
    return `好的，${found}快忘的时候私下考你，一天最多 ${most} 道。不想练了说 练习 停。`;
  }
  if (!(await hasConsent(db, memberId, 'practice')))
    return `答错的题，我可以在你快忘的时候私下再考一次，一天最多 ${most} 道。想练就回复：练习 好`;
  return (await askCard(db, memberId, zone, now)) ?? '今天没有要练的题。';
};
