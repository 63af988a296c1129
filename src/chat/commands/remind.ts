import { giveConsent, withdrawConsent } from '../../people/consent.ts';
import type { Command } from './command.ts';

/** Agrees to be reminded in private before a quiz closes. */
export const remind: Command = async (_rest, { db, memberId, now }) =>
  (await giveConsent(db, memberId, 'reminder', now))
    ? '好的，小测截止前一小时还没答，我私下提醒你一次。不想要了就说 退订提醒。'
    : '已经订过提醒了。不想要了就说 退订提醒。';

export const quitReminder: Command = async (_rest, { db, memberId, now }) =>
  (await withdrawConsent(db, memberId, 'reminder', now))
    ? '好的，不再私下提醒你。想要时说 提醒我。'
    : '没有订提醒，不会打扰你。';
