/** Every page that grows with a branch: walked by the tests for size, by the bench for time. */
import { localDay } from '../../src/clock.ts';
import { ZONE } from './bank.ts';

export interface LargePages {
  readonly unitId: string;
  readonly groupKey: string;
  readonly memberId: string;
  readonly windowId: string;
  readonly now: number;
}

const monthOf = (now: number) => `kind=month&day=${localDay(now, ZONE)}`;
const quarterOf = (now: number) => `kind=quarter&day=${localDay(now, ZONE)}`;

/** Of a secretary and of the county's administrator. */
export function deskPages({ unitId, groupKey, memberId, windowId, now }: LargePages): string[] {
  const span = monthOf(now);
  return [
    '/',
    '/groups',
    `/groups/${groupKey}`,
    '/members',
    '/members?q=00999',
    `/members?unit=${unitId}&from=9950`,
    `/members/${memberId}`,
    '/certifications',
    '/matches',
    `/participation?${span}`,
    `/participation?unit=${unitId}&${span}`,
    `/participation?unit=${unitId}&${quarterOf(now)}`,
    `/participation/people?unit=${unitId}&${span}&who=all`,
    `/participation/people?unit=${unitId}&${span}&who=all&page=90`,
    `/participation/people?unit=${unitId}&${span}&who=missing`,
    `/participation/member/${memberId}?${span}`,
    `/participation/quiz/${windowId}`,
    `/participation/items?unit=${unitId}&${span}`,
    '/workbook',
    '/messages',
    '/messages?group=private',
    `/messages?group=${groupKey}&kind=answer`,
    '/audit',
    '/reviews',
    '/deliveries',
    '/week',
    '/lessons',
    '/bank',
    `/settings?place=group:${groupKey}`,
  ];
}

export const memberPages = ({ windowId }: LargePages): string[] => [
  '/me',
  '/me/points',
  '/me/learned',
  '/me/mistakes',
  `/q/${windowId}`,
];

/** With a bank of thousands of questions. */
export const bankPages = ({ unitId, now }: LargePages): string[] => [
  '/bank',
  '/bank?q=4321',
  '/bank?tag=%E4%BF%9D%E9%B2%9C&before=2000',
  '/bank/8',
  '/bank/export',
  `/participation/items?unit=${unitId}&${quarterOf(now)}`,
  `/participation/items/bank/8?unit=${unitId}&${quarterOf(now)}`,
];

/** When everybody waits to be certified or recognised. */
export const crowdedPages = ['/', '/groups', '/certifications', '/matches', '/certifications/7'];
