/** 周报: a member's own week, now and every Sunday evening, for whoever asked. */
import { localDay } from '../../clock.ts';
import { composePersonal, readPersonal } from '../../digest/personal.ts';
import { spanOfDigest } from '../../digest/spans.ts';
import { giveConsent, withdrawConsent } from '../../people/consent.ts';
import type { Command } from './command.ts';

export const weekly: Command = async (_rest, { db, memberId, group, now, zone }) => {
  if (group) return '周报请私聊我要。';
  const span = spanOfDigest('week', localDay(now, zone));
  const words = composePersonal(await readPersonal(db, memberId, span));
  const isNew = await giveConsent(db, memberId, 'weekly', now);
  const after = isNew
    ? '以后每周日晚上私下发你一份。不想要了就说 退订周报。'
    : '每周日晚上都会私下发你一份；不想要了就说 退订周报。';
  return `${words}\n———\n${after}`;
};

export const quitWeekly: Command = async (_rest, { db, memberId, now }) =>
  (await withdrawConsent(db, memberId, 'weekly', now))
    ? '好的，不再发周报。想要时说 周报。'
    : '没有订周报，不会打扰你。';
