/** The policies in the order in which people look for them, and who may set which where. */
import { type PolicyName, POLICIES } from '../../people/policy-names.ts';

export interface Section {
  readonly title: string;
  /** Only the county sets them, for all. */
  readonly county: boolean;
  readonly names: readonly PolicyName[];
}

/** With what is kept, and what would go, under it. */
export const KEEPING = '留多久';

const LISTED: readonly Section[] = [
  {
    title: '答题',
    county: false,
    names: [
      'quiz-mode',
      'quiz-close',
      'answer-attempts',
      'shuffle-options',
      'multi-credit',
      'makeup-days',
      'weekly-review',
      'practice-per-day',
    ],
  },
  { title: '打卡', county: false, names: ['makeup-checkins', 'leave-days'] },
  {
    title: '积分',
    county: false,
    names: [
      'point-lesson',
      'point-right',
      'point-checkin',
      'point-streak',
      'point-streak-days',
      'point-makeup',
      'point-day-cap',
    ],
  },
  { title: '提醒', county: false, names: ['remind-group', 'reading-reminder', 'reading-reminder-after'] },
  { title: '简报', county: false, names: ['digest-of', 'digest-picture', 'digest-rehearsal'] },
  { title: '审核和认证', county: true, names: ['reviewers', 'certify-tries'] },
  { title: '免打扰', county: false, names: ['quiet-hours'] },
  {
    title: '发送节奏',
    county: true,
    names: [
      'pace',
      'group-per-day',
      'storm-guard',
      'held-expiry',
      'warm-up-days',
      'breaker-errors',
      'breaker-wait',
      'friends-a-day',
    ],
  },
  { title: KEEPING, county: true, names: ['talk-kept'] },
  {
    title: '电商动态',
    county: true,
    names: ['news-keywords', 'news-stop-words', 'news-life', 'feed-interval', 'feed-host-per-day'],
  },
];

/** With a last section for what is in none of the others. */
export function sections(): readonly Section[] {
  const listed = new Set(LISTED.flatMap(({ names }) => names));
  const names = (Object.keys(POLICIES) as PolicyName[]).filter((name) => !listed.has(name));
  return names.length === 0 ? LISTED : [...LISTED, { title: '其他', county: true, names }];
}

/** Whether a unit or a group may have its own value; else it is the county's, for all. */
export const isLocal = (name: PolicyName): boolean =>
  LISTED.some(({ county, names }) => !county && names.includes(name));

const CHOICES: Readonly<Record<string, string>> = {
  on: '开',
  off: '关',
  'quiz-mode open': '在群里回',
  'quiz-mode private': '私聊小课回，或点链接',
  'quiz-mode link': '只能点链接答',
  'multi-credit all-or-nothing': '全对才给分',
  'multi-credit share': '答对一部分给一部分',
  'digest-of unit': '党组织和它下面的',
  'digest-of group': '只讲这个群',
  'digest-picture all': '都配',
  'digest-picture longer': '一周以上的配',
  'digest-picture off': '不配',
  'digest-rehearsal show': '先给作者看，到点就发',
  'digest-rehearsal wait': '先给作者看，点头才发',
  'digest-rehearsal off': '不用看，到点就发',
  'remind-group off': '不提醒',
  'remind-group on': '提醒一次，不点名',
  'remind-group names': '提醒一次，点出没答的',
};

export const choiceName = (name: string, choice: string): string =>
  CHOICES[`${name} ${choice}`] ?? CHOICES[choice] ?? choice;
