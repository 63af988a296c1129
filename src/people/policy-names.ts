/**
 * The policies there are: what people may set for the county, a unit or a group while it runs, each with its
 * default. Values are text in the database; a kind says how it is read, checked and shown.
 */
import { DAY, HOUR, MINUTE, parseDuration } from '../clock.ts';
import { UserError } from '../errors.ts';

/** How a value of type `T` is written. `read` throws `UserError` with what is expected. */
export interface PolicyKind<T> {
  readonly expected: string;
  readonly read: (text: string) => T;
}

export interface Policy<T> {
  readonly kind: PolicyKind<T>;
  /** As a person would type it. */
  readonly fallback: string;
  /** In one sentence, for the terminal. */
  readonly about: string;
  /** In the interface. */
  readonly title: string;
}

function kindOf<T>(expected: string, find: (text: string) => T | undefined): PolicyKind<T> {
  return {
    expected,
    read(text) {
      const value = find(text.trim());
      if (value === undefined) throw new UserError(`expected ${expected}, got "${text}"`);
      return value;
    },
  };
}

/** A whole number between two bounds, both of them allowed. */
export const whole = (least: number, most: number): PolicyKind<number> =>
  kindOf(`a whole number from ${least} to ${most}`, (text) =>
    /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined,
  );

/** `2h`, `1d12h`, in ms. */
export const duration = (least: number, most: number): PolicyKind<number> =>
  kindOf('a duration such as 30m, 2h or 1d', (text) => {
    const span = parseDuration(text);
    return span !== undefined && span >= least && span <= most ? span : undefined;
  });

export const onOff: PolicyKind<boolean> = kindOf('on or off', (text) =>
  text === 'on' ? true : text === 'off' ? false : undefined,
);

export const oneOf = <const T extends string>(...choices: readonly T[]): PolicyKind<T> =>
  kindOf(choices.join(' or '), (text) => choices.find((choice) => choice === text));

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
    '写的课和通知要几个人审',
    'how many people other than the author approve a lesson or notice written in chat or console',
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
  'makeup-days': policy(
    whole(0, 60),
    '7',
    '可补学几天',
    'how many days after closing a quiz may still be made up for; 0 for never',
  ),
} as const satisfies Readonly<Record<string, Policy<unknown>>>;

export type PolicyName = keyof typeof POLICIES;
export type PolicyValue<N extends PolicyName> = ReturnType<(typeof POLICIES)[N]['kind']['read']>;

export const isPolicyName = (name: string): name is PolicyName => Object.hasOwn(POLICIES, name);
