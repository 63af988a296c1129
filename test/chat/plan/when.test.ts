/** When something is to be sent: what is certain, what is a choice, what is a question. It is Tuesday, 24 November 2026. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { addDays, localDay, localTime, parseInstant } from '../../../src/clock.ts';
import { weekdayOf, WEEKDAYS } from '../../../src/chat/plan/rule.ts';
import { sayMinutes } from '../../../src/chat/plan/times.ts';
import { readWhen } from '../../../src/chat/plan/when.ts';
import { normalise } from '../../../src/quiz/normalise.ts';

const ZONE = 'Asia/Shanghai';
const context = {
  now: Date.parse('2026-11-24T19:59:00+08:00'),
  zone: ZONE,
  quiet: { from: 22 * 60, to: 7 * 60 },
};

const read = (said: string, at = context) => {
  const { reading } = readWhen(normalise(said), at);
  if (reading.kind === 'ask') return `? ${reading.why}`;
  if (reading.kind === 'choice') return reading.options.map(({ say }) => say).join(' | ');
  return reading.when.say;
};

describe('once', () => {
  it.each<[said: string, when: string]>([
    ['周五 20:00', '11月27日 周五 20:00'],
    ['周五20:00', '11月27日 周五 20:00'],
    ['20:00 周五', '11月27日 周五 20:00'],
    ['周五 20：00', '11月27日 周五 20:00'],
    ['周五　２０：００', '11月27日 周五 20:00'],
    ['週五 晚上8點', '11月27日 周五 20:00'],
    ['周5 20:00', '11月27日 周五 20:00'],
    ['星期五晚上八点', '11月27日 周五 20:00'],
    ['礼拜五晚8点', '11月27日 周五 20:00'],
    ['周五8pm', '11月27日 周五 20:00'],
    ['本周五 20:00', '11月27日 周五 20:00'],
    ['这周日 20:00', '11月29日 周日 20:00'],
    ['星期天晚上7点一刻', '11月29日 周日 19:15'],
    ['周二 20:00', '11月24日 周二 20:00'],
    ['下周二 20:00', '12月1日 周二 20:00'],
    ['下周日 20:00', '12月6日 周日 20:00'],
    ['下下周一 09:00', '12月7日 周一 09:00'],
    ['今晚8点', '11月24日 周二 20:00'],
    ['今晚八点半', '11月24日 周二 20:30'],
    ['今天20点30分', '11月24日 周二 20:30'],
    ['晚上8点', '11月24日 周二 20:00'],
    ['20:00', '11月24日 周二 20:00'],
    ['明早8点', '11月25日 周三 08:00'],
    ['明晚8点', '11月25日 周三 20:00'],
    ['明天早上8:30', '11月25日 周三 08:30'],
    ['后天下午三点', '11月26日 周四 15:00'],
    ['大后天 20:00', '11月27日 周五 20:00'],
    ['3天后 20:00', '11月27日 周五 20:00'],
    ['12月1日 20:00', '12月1日 周二 20:00'],
    ['12月1号晚上8点', '12月1日 周二 20:00'],
    ['十二月一日 20:00', '12月1日 周二 20:00'],
    ['12月1日周二 20:00', '12月1日 周二 20:00'],
    ['12月1日（周二）20:00', '12月1日 周二 20:00'],
    ['12.1 20:00', '12月1日 周二 20:00'],
    ['12/1 20:00', '12月1日 周二 20:00'],
    ['12-1 20:00', '12月1日 周二 20:00'],
    ['2026.12.1 20:00', '12月1日 周二 20:00'],
    ['2026-12-01 20:00', '12月1日 周二 20:00'],
    ['2026年12月1日20:00', '12月1日 周二 20:00'],
    ['5号 20:00', '12月5日 周六 20:00'],
    ['30号 20:00', '11月30日 周一 20:00'],
    ['下个月5号 20:00', '12月5日 周六 20:00'],
    ['下月二十号 20:00', '12月20日 周日 20:00'],
    ['1月5日 20:00', '2027年1月5日 周二 20:00'],
    ['明年1月5日 20:00', '2027年1月5日 周二 20:00'],
    ['2028年2月29日 20:00', '2028年2月29日 周二 20:00'],
    ['半小时后', '11月24日 周二 20:29'],
    ['一个半小时后', '11月24日 周二 21:29'],
    ['40分钟后', '11月24日 周二 20:39'],
  ])('%s', (said, when) => expect(read(said)).toBe(when));

  it.each<[said: string, choices: string]>([
    ['8点', '11月24日 周二 晚上 20:00 | 11月25日 周三 早上 08:00'],
    ['八点半', '11月24日 周二 晚上 20:30 | 11月25日 周三 早上 08:30'],
    ['周五 八点', '11月27日 周五 早上 08:00 | 11月27日 周五 晚上 20:00'],
    ['今天 8点', '11月24日 周二 晚上 20:00'],
    // In the night nothing is sent: one reading is left, and still it is asked about.
    ['周五 3点', '11月27日 周五 下午 15:00'],
    ['周一一点', '11月30日 周一 下午 13:00'],
    // Over for today.
    ['周二 19:00', '12月1日 周二 晚上 19:00'],
    ['中午12点', '11月25日 周三 中午 12:00'],
    ['19:00', '11月25日 周三 晚上 19:00'],
  ])('%s is a choice', (said, choices) => expect(read(said)).toBe(choices));
});

describe('again and again', () => {
  it.each<[said: string, when: string]>([
    ['每周一三五 20:00', '每周一、三、五 20:00'],
    ['每周一、三、五 20:00', '每周一、三、五 20:00'],
    ['每周1,3,5 20:00', '每周一、三、五 20:00'],
    ['每周135 20:00', '每周一、三、五 20:00'],
    ['每周五一 20:00', '每周一、五 20:00'],
    ['每周一和周五 20:00', '每周一、五 20:00'],
    ['每周一到五 20:00', '每周一、二、三、四、五 20:00'],
    ['每周一至周五 20:00', '每周一、二、三、四、五 20:00'],
    ['每周五到周一 20:00', '每周一、五、六、日 20:00'],
    ['每周日 20:00', '每周日 20:00'],
    ['每个星期天晚上8点', '每周日 20:00'],
    ['逢周五 20:00', '每周五 20:00'],
    ['每天 晚上8点', '每天 20:00'],
    ['天天 20:00', '每天 20:00'],
    ['每晚8点', '每天 20:00'],
    ['工作日 20:00', '每个工作日 20:00'],
    ['每个工作日 08:30', '每个工作日 08:30'],
    ['每月15号 20:00', '每月15号 20:00'],
    ['每月31号 20:00', '每月31号（没有这一天的月份不发） 20:00'],
    ['每月第一个周五 20:00', '每月第一个周五 20:00'],
    ['每个月第3个星期天 20:00', '每月第三个周日 20:00'],
    ['每月最后一个工作日 20:00', '每月最后一个工作日 20:00'],
    ['每个月最后一天 20:00', '每月最后一天 20:00'],
    ['每周五 20:00 节假日不发', '每周五 20:00（节假日不发）'],
    ['每周五 20:00，遇节假日顺延', '每周五 20:00（遇节假日顺延）'],
    ['每周五八点', '每周五 早上 08:00 | 每周五 晚上 20:00'],
    ['每周五十一点', '每周五 上午 11:00'],
  ])('%s', (said, when) => expect(read(said)).toBe(when));

  it.each<[said: string, rule: object, days: string]>([
    ['每周一三五 20:00', { cron: '0 20 * * 1,3,5' }, 'all'],
    ['每周日 20:30', { cron: '30 20 * * 0' }, 'all'],
    ['每天 20:00', { cron: '0 20 * * *' }, 'all'],
    ['工作日 20:00', { cron: '0 20 * * *' }, 'workdays-only'],
    ['每周五 20:00 节假日除外', { cron: '0 20 * * 5' }, 'skip-holidays'],
    ['每周五 20:00 节假日顺延', { cron: '0 20 * * 5' }, 'move-to-next-workday'],
    ['每月第一个周五 20:00', { monthly: 'first fri 20:00' }, 'all'],
    ['每月最后一个工作日 20:00', { monthly: 'last workday 20:00' }, 'all'],
    ['每月15号 20:00', { monthly: '15 20:00' }, 'all'],
    ['每月最后一天 20:00', { monthly: 'last day 20:00' }, 'all'],
  ])('%s as a schedule', (said, rule, days) => {
    const { reading } = readWhen(normalise(said), context);
    expect(reading).toMatchObject({ kind: 'when', when: { rule, days } });
  });
});

describe('a question, never a guess', () => {
  it.each<[said: string, why: string]>([
    ['', 'no-time'],
    ['花茶保鲜', 'no-time'],
    ['周五', 'no-hour'],
    ['今晚', 'no-hour'],
    ['明早', 'no-hour'],
    ['每周五', 'no-hour'],
    ['每天早上', 'no-hour'],
    ['12月1日', 'no-hour'],
    ['现在', 'no-hour'],
    ['马上', 'no-hour'],
    ['每周 20:00', 'no-day'],
    ['周五 20:00 21:00', 'two-times'],
    ['周五 20:00 或 周六 20:00', 'two-times'],
    ['8点到9点', 'two-times'],
    ['两小时后 20:00', 'two-times'],
    ['周五周六 20:00', 'two-days'],
    ['周一三五 20:00', 'two-days'],
    ['周五、周日 20:00', 'two-days'],
    ['今天 明天 20:00', 'two-days'],
    ['周五 12月1日 20:00', 'mismatch'],
    ['12月1日周三 20:00', 'mismatch'],
    ['周五晚上12点', 'unclear-time'],
    ['周五 早上20:00', 'unclear-time'],
    ['周五 25:00', 'unclear-time'],
    ['周二十点', 'unclear-time'],
    ['每周一二十点', 'unclear-time'],
    ['差五分八点', 'unclear-time'],
    ['月底 20:00', 'unclear-time'],
    ['周末 20:00', 'unclear-time'],
    ['除夕 20:00', 'unclear-time'],
    ['国庆 20:00', 'unclear-time'],
    ['周五 20:00 之前', 'unclear-time'],
    ['2月30日 20:00', 'unclear-time'],
    ['从下周开始每周五 20:00', 'unclear-time'],
    ['每周五 20:00 到12月底', 'unclear-time'],
    ['每月第一个周五和第三个周五 20:00', 'unclear-time'],
    ['31号 20:00', 'unclear-day'],
    ['20:00-21:00', 'unclear-day'],
    ['周五20:00:30', 'unclear-day'],
    ['昨天 20:00', 'past'],
    ['上周五 20:00', 'past'],
    ['本周一 20:00', 'past'],
    ['11月20日 20:00', 'past'],
    ['2025年12月1日 20:00', 'past'],
    ['今天 19:00', 'past'],
    ['周五 22:30', 'quiet'],
    ['周五 凌晨3点', 'quiet'],
    ['3小时后', 'quiet'],
    ['每天 23:00', 'quiet'],
    ['每周三次 20:00', 'unknown-repeat'],
    ['每两周 20:00', 'unknown-repeat'],
    ['隔周五 20:00', 'unknown-repeat'],
    ['双周五 20:00', 'unknown-repeat'],
    ['每季度 20:00', 'unknown-repeat'],
    ['每年12月1日 20:00', 'unknown-repeat'],
    ['每周末 20:00', 'unknown-repeat'],
    ['每月 20:00', 'unknown-repeat'],
    ['每月1号、15号 20:00', 'unknown-repeat'],
    ['每月32号 20:00', 'unknown-repeat'],
  ])('%s: %s', (said, why) => expect(read(said)).toBe(`? ${why}`));

  it.each([
    '\0',
    '🍵',
    '：：：',
    '周',
    '点',
    '每',
    '号号号',
    '1'.repeat(300),
    '周五'.repeat(100),
    '2026-99-99 20:00',
    '0月0日 20:00',
    '../20:00',
    "';drop table schedule;-- 20:00 每",
  ])('%j plans nothing', (said) => {
    const { reading } = readWhen(normalise(said), context);
    expect(reading.kind).toBe('ask');
  });
});

describe('rules of reading a time', () => {
  const zones = fc.constantFrom(
    'Asia/Shanghai',
    'UTC',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
  );
  const now = fc.integer({
    min: Date.parse('2026-01-01T00:00:00Z'),
    max: Date.parse('2030-01-01T00:00:00Z'),
  });
  const minute = fc.integer({ min: 0, max: 1439 });

  it('means exactly the day and hour that were written, in every zone and on every day', () => {
    fc.assert(
      fc.property(zones, now, minute, fc.integer({ min: 1, max: 290 }), (zone, at, time, ahead) => {
        const day = addDays(localDay(at, zone), ahead);
        const [year, month, date] = day.split('-').map(Number);
        const expected = parseInstant(`${day}T${sayMinutes(time)}`, zone);
        for (const written of [
          `${year}年${month}月${date}日 ${sayMinutes(time)}`,
          `${month}月${date}日 ${sayMinutes(time)}`,
          `${day} ${sayMinutes(time)}`,
          `${sayMinutes(time)} ${month}月${date}号 周${WEEKDAYS[weekdayOf(day) - 1]}`,
        ])
          expect(readWhen(written, { now: at, zone }).reading, written).toMatchObject({
            kind: 'when',
            when: { rule: { at: expected } },
          });
      }),
    );
  });

  it('means a day of the right name, ahead and within the week that was named', () => {
    fc.assert(
      fc.property(
        zones,
        now,
        minute,
        fc.integer({ min: 0, max: 6 }),
        fc.constantFrom('', '下', '下下'),
        (zone, at, time, index, week) => {
          const { reading } = readWhen(`${week}周${WEEKDAYS[index]} ${sayMinutes(time)}`, { now: at, zone });
          const when =
            reading.kind === 'when'
              ? reading.when
              : reading.kind === 'choice'
                ? reading.options[0]
                : undefined;
          if (!when || !('at' in when.rule)) throw new Error(`not read: ${week}周${WEEKDAYS[index]}`);
          const day = localDay(when.rule.at, zone);
          expect(weekdayOf(day)).toBe(index + 1);
          expect(when.rule.at).toBeGreaterThan(at);
          const today = localDay(at, zone);
          const ahead = Math.round((Date.parse(day) - Date.parse(today)) / 86_400_000);
          const monday = 1 - weekdayOf(today);
          const [least, most] =
            week === '' ? [0, 7] : [monday + 7 * week.length, monday + 7 * week.length + 6];
          expect(ahead).toBeGreaterThanOrEqual(least);
          expect(ahead).toBeLessThanOrEqual(most);
        },
      ),
    );
  });

  it('plans nothing past and nothing quiet, whatever is said', () => {
    const words = fc.constantFrom(
      ...[
        '周五',
        '下周一',
        '今天',
        '明天',
        '每天',
        '每周一三五',
        '12月1日',
        '5号',
        '20:00',
        '8点',
        '半',
        '晚上',
        '早',
        '22:30',
        '3',
        '点',
        '花茶',
        '每月15号',
        '一',
        '二十',
        '号',
        '：',
        '-',
        '后',
        '小时',
        '前',
        '工作日',
        '节假日不发',
        '《',
        '》',
      ],
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 7 }), fc.boolean(), now, (said, blanks, at) => {
        const here = { ...context, now: at };
        const { reading } = readWhen(normalise(said.join(blanks ? ' ' : '')), here);
        const options =
          reading.kind === 'when' ? [reading.when] : reading.kind === 'choice' ? reading.options : [];
        for (const { rule } of options) {
          if (!('at' in rule)) continue;
          expect(rule.at).toBeGreaterThan(at);
          const time = localTime(rule.at, ZONE);
          expect(time >= '07:00' && time < '22:00').toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
