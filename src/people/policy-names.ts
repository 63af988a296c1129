/**
 * The policies there are: what people may set for the county, a unit or a group while it runs, each with its
 * default. Values are text in the database; a kind says how it is read, checked and shown.
 */
import { DAY, HOUR, MINUTE, parseDuration, SECOND } from '../clock.ts';
import { type Pace, parsePace, parseQuietHours } from '../config.ts';
import { UserError } from '../errors.ts';

/** How a value of type `T` is written. `read` throws `UserError` with what is expected. */
export interface PolicyKind<T> {
  readonly expected: string;
  /** What a form asks for it with. */
  readonly form: PolicyForm;
  readonly read: (text: string) => T;
}

export type PolicyForm =
  | { readonly kind: 'whole'; readonly least: number; readonly most: number }
  | { readonly kind: 'duration' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'words'; readonly most: number }
  | { readonly kind: 'line'; readonly example: string };

export interface Policy<T> {
  readonly kind: PolicyKind<T>;
  /** As a person would type it. */
  readonly fallback: string;
  /** In one sentence, for the terminal. */
  readonly about: string;
  /** In the interface. */
  readonly title: string;
}

function kindOf<T>(expected: string, form: PolicyForm, find: (text: string) => T | undefined): PolicyKind<T> {
  return {
    expected,
    form,
    read(text) {
      const value = find(text.trim());
      if (value === undefined) throw new UserError(`expected ${expected}, got "${text}"`);
      return value;
    },
  };
}

/** A whole number between two bounds, both of them allowed. */
export const whole = (least: number, most: number): PolicyKind<number> =>
  kindOf(`a whole number from ${least} to ${most}`, { kind: 'whole', least, most }, (text) =>
    /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined,
  );

/** `2h`, `1d12h`, in ms. */
export const duration = (least: number, most: number): PolicyKind<number> =>
  kindOf('a duration such as 30m, 2h or 1d', { kind: 'duration' }, (text) => {
    const span = parseDuration(text);
    return span !== undefined && span >= least && span <= most ? span : undefined;
  });

export const onOff: PolicyKind<boolean> = kindOf(
  'on or off',
  { kind: 'choice', choices: ['on', 'off'] },
  (text) => (text === 'on' ? true : text === 'off' ? false : undefined),
);

export const oneOf = <const T extends string>(...choices: readonly T[]): PolicyKind<T> =>
  kindOf(choices.join(' or '), { kind: 'choice', choices }, (text) =>
    choices.find((choice) => choice === text),
  );

/** Any text up to a length, in characters; it may be empty, written as `-`. */
export const words = (most: number): PolicyKind<string> =>
  kindOf(`a text of at most ${most} characters, or - for none`, { kind: 'words', most }, (text) =>
    [...text].length <= most && text !== '' ? (text === '-' ? '' : text) : undefined,
  );

/** What a setting of the server with the same name says, or `-`: as the server was started, `null`. */
const asStarted = <T>(
  expected: string,
  example: string,
  parse: (text: string) => T | undefined,
): PolicyKind<T | null> =>
  kindOf(
    `${expected} such as ${example}, or - for what the server was started with`,
    { kind: 'line', example },
    (text) => (text === '-' ? null : parse(text)),
  );

/** The largest of what people may set as a pace; the gap in seconds, of which one is the least. */
export const PACE_BOUNDS = { gap: 600, perMinute: 60, perDay: 5_000 } as const;

/** No real account is ever without a pace, nor with one that is as good as none. */
const parseRealPace = (text: string): Pace | undefined => {
  const pace = parsePace(text);
  if (pace === undefined || pace === 'off') return undefined;
  const isReal =
    pace.minGap >= SECOND &&
    pace.maxGap <= PACE_BOUNDS.gap * SECOND &&
    pace.perMinute <= PACE_BOUNDS.perMinute &&
    pace.perDay <= PACE_BOUNDS.perDay;
  return isReal ? pace : undefined;
};

/** Keeps the type of each value. */
const policy = <T>(kind: PolicyKind<T>, fallback: string, title: string, about: string): Policy<T> => ({
  kind,
  fallback,
  title,
  about,
});

export const POLICIES = {
  'storm-guard': policy(
    duration(10 * MINUTE, 30 * DAY),
    '3h',
    '停机多久后先扣下',
    'after an outage longer than this, what is due is held until a person releases it',
  ),
  pace: policy(
    asStarted('a pace', '3-8s,12/min,200/day', parseRealPace),
    '-',
    '发言节奏',
    'gap between two messages of an account, and its caps a minute and a day',
  ),
  'quiet-hours': policy(
    asStarted('hours', '22:00-07:00 or off', parseQuietHours),
    '-',
    '免打扰',
    'scheduled posts wait until this local window is over',
  ),
  'held-expiry': policy(
    duration(HOUR, 30 * DAY),
    '1d',
    '扣下的多久作废',
    'what nobody released expires this long after its planned hour',
  ),
  'certify-tries': policy(
    whole(1, 100),
    '5',
    '一天可以认证几次',
    'how often a person may be wrong about who they are within a day',
  ),
  'group-per-day': policy(
    whole(1, 1_000),
    '30',
    '一个群一天最多几条',
    'scheduled messages that a group gets in a local day at most; replies do not count',
  ),
  'warm-up-days': policy(
    whole(0, 90),
    '7',
    '新账号养几天',
    "a new account's daily cap grows from a fifth to the whole over so many days; for the county",
  ),
  'breaker-errors': policy(
    whole(1, 100),
    '5',
    '连错几次先停',
    'after so many errors in a row an account pauses; for the county',
  ),
  'breaker-wait': policy(
    duration(MINUTE, DAY),
    '30m',
    '先停多久',
    'how long an account pauses after 操作过于频繁 or repeated errors, doubling to a day; for the county',
  ),
  reviewers: policy(
    whole(0, 3),
    '1',
    '写的课、通知和题要几个人审',
    'how many people other than the author approve a lesson, a notice or a question of the bank written in chat or console',
  ),
  'quiz-mode': policy(
    oneOf('open', 'private', 'link'),
    'open',
    '答题方式',
    'where answers are given: open in the group, private to the bot or by link, or link alone',
  ),
  'quiz-close': policy(
    duration(10 * MINUTE, 30 * DAY),
    '1d',
    '答题时长',
    'how long a quiz stays open where its schedule does not say',
  ),
  'answer-attempts': policy(
    whole(0, 9),
    '0',
    '每题可答几次',
    'how many answers to a question may count, the last of them; 0 for any number before closing',
  ),
  'shuffle-options': policy(onOff, 'off', '打乱选项', 'show options in an order of the group’s own'),
  'multi-credit': policy(
    oneOf('all-or-nothing', 'share'),
    'all-or-nothing',
    '多选给分',
    'what a multiple choice earns that is partly right',
  ),
  'point-lesson': policy(
    whole(0, 1_000),
    '5',
    '学完一课得分',
    'points for answering all questions of a quiz',
  ),
  'point-right': policy(
    whole(0, 1_000),
    '2',
    '答对一题得分',
    'points for a right answer; a part of them for one partly right',
  ),
  'point-checkin': policy(whole(0, 1_000), '1', '打卡得分', 'points for a check-in, once a day'),
  'point-streak': policy(
    whole(0, 1_000),
    '5',
    '连续打卡得分',
    'points for each full run of check-ins, see point-streak-days',
  ),
  'point-streak-days': policy(whole(2, 366), '7', '连续打卡几天', 'how many days in a row make a full run'),
  'point-makeup': policy(whole(0, 100), '50', '补学得分（%）', 'what made up for earns, in percent'),
  'point-day-cap': policy(
    whole(0, 10_000),
    '30',
    '一天最多得分',
    'most points a member earns a day in a group; 0 for no cap',
  ),
  'makeup-checkins': policy(
    whole(0, 31),
    '3',
    '每月可补打卡几次',
    'how many missed days of a month may be checked in for later',
  ),
  'leave-days': policy(
    whole(0, 31),
    '7',
    '一次可请假几天',
    'the longest leave that a member may take without asking',
  ),
  'remind-group': policy(
    oneOf('off', 'on', 'names'),
    'on',
    '截止前提醒',
    'one message to the group an hour before its quiz closes; names also says who has not answered',
  ),
  'weekly-review': policy(
    onOff,
    'on',
    '每周一题',
    'on Sunday evening ask the question once more that the group missed most in the week',
  ),
  'practice-per-day': policy(
    whole(1, 20),
    '3',
    '一天最多练几题',
    'most questions of practice a member is asked a day',
  ),
  'makeup-days': policy(
    whole(0, 60),
    '7',
    '可补学几天',
    'how many days after closing a quiz may still be made up for; 0 for never',
  ),
  'reading-reminder': policy(
    onOff,
    'on',
    '没已阅的提醒一次',
    'whether a group is reminded, once and without names, of a notice that some have not read',
  ),
  'reading-reminder-after': policy(
    duration(HOUR, 3 * DAY),
    '1d',
    '多久没已阅才提醒',
    'how long after a notice came its one reminder goes out',
  ),
  'digest-of': policy(
    oneOf('unit', 'group'),
    'unit',
    '一周以上的简报讲谁',
    "what a group's digest of a week and longer is about: its unit with everything below, or the group alone",
  ),
  'digest-picture': policy(
    oneOf('all', 'longer', 'off'),
    'all',
    '简报配图',
    'which digests come with a picture of some 30 KB, when there is anything to draw: all, those of a week and longer, none',
  ),
  'digest-rehearsal': policy(
    oneOf('show', 'wait', 'off'),
    'show',
    '简报发前先给作者看',
    'show: an hour before it goes, a digest is shown to its author; wait: and it waits until they say so',
  ),
  'news-keywords': policy(
    words(2_000),
    '茉莉花:5 横州:5 横县:5 花茶:4 广西:2 南宁:2 农产品:3 农村电商:3 电商:2 直播:2 物流:2 快递:2 冷链:2 补贴:3 助农:2 乡村振兴:2 合作社:1 品牌:1 地理标志:2 诈骗:1',
    '动态的关键词',
    'what makes news concern the county, each word with its weight; a word in a title counts three times',
  ),
  'news-stop-words': policy(
    words(2_000),
    '彩票 赌博 博彩 贷款广告 招聘主播 明星 绯闻 股价 涨停 跌停',
    '动态的停用词',
    'news with one of these words is rejected by itself',
  ),
  'news-life': policy(
    duration(DAY, 90 * DAY),
    '7d',
    '动态几天后过期',
    'news older than this is not taken in and not sent any more',
  ),
  'feed-interval': policy(
    duration(10 * MINUTE, 7 * DAY),
    '1h',
    '多久看一次订阅',
    'how often a feed is asked; longer after failures',
  ),
  'feed-host-per-day': policy(
    whole(1, 10_000),
    '100',
    '一个网站一天问几次',
    'requests to one host in a local day at most, feeds and pasted links together',
  ),
  'talk-kept': policy(
    duration(DAY, 30 * DAY),
    '7d',
    '闲聊的原话留多久',
    'how long the words of what was neither answer, check-in nor command are kept; for the county',
  ),
  'friends-a-day': policy(
    whole(0, 200),
    '30',
    '一天加多少好友',
    'how many friend requests an account accepts within a day; 0 for none',
  ),
} as const satisfies Readonly<Record<string, Policy<unknown>>>;

export type PolicyName = keyof typeof POLICIES;
export type PolicyValue<N extends PolicyName> = ReturnType<(typeof POLICIES)[N]['kind']['read']>;

export const isPolicyName = (name: string): name is PolicyName => Object.hasOwn(POLICIES, name);
