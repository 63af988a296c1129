/** 周报: a member's own week, now and every Sunday evening, for whoever asked. */
import { localDay } from '../../clock.ts';
import { planDeliveries } from '../../delivery/ledger.ts';
import { contentOfOwn } from '../../delivery/own-week.ts';
import { composePersonal, readPersonal } from '../../digest/personal.ts';
import { type Span, spanOfDigest } from '../../digest/spans.ts';
import { giveConsent, withdrawConsent } from '../../people/consent.ts';
import type { Command, CommandContext } from './command.ts';

/** The words go first. */
const BEHIND = 1;

export const weekly: Command = async (_rest, context) => {
  const { db, memberId, group, now, zone } = context;
  if (group) return '周报请私聊我要。';
  const span = spanOfDigest('week', localDay(now, zone));
  const week = await readPersonal(db, memberId, span);
  const words = composePersonal(week);
  if (week.days > 0) await sendPicture(context, span);
  const isNew = await giveConsent(db, memberId, 'weekly', now);
  const after = isNew
    ? '以后每周日晚上私下发你一份。不想要了就说 退订周报。'
    : '每周日晚上都会私下发你一份；不想要了就说 退订周报。';
  return `${words}\n———\n${after}`;
};

/** Behind the words: it is drawn when it is sent, so that no message waits for it. */
const sendPicture = ({ db, memberId, account, contactId, messageId, now }: CommandContext, span: Span) =>
  planDeliveries(
    db,
    [
      {
        cause: `own:${messageId}`,
        kind: 'reply',
        account,
        contactId,
        content: contentOfOwn(memberId, span),
        plannedAt: now + BEHIND,
      },
    ],
    now,
  );

export const quitWeekly: Command = async (_rest, { db, memberId, now }) =>
  (await withdrawConsent(db, memberId, 'weekly', now))
    ? '好的，不再发周报。想要时说 周报。'
    : '没有订周报，不会打扰你。';
