/** Times of day as people write them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readNumeral } from '../../../src/chat/plan/numerals.ts';
import { findTimes, sayMinutes } from '../../../src/chat/plan/times.ts';

const meanings = (text: string) => findTimes(text).map(({ minutes }) => minutes.map(sayMinutes).join('/'));

describe('times of day', () => {
  it.each<[said: string, ...meant: string[]]>([
    ['20:00', '20:00'],
    ['08:30', '08:30'],
    ['8:30', '08:30/20:30'],
    ['0:30', '00:30'],
    ['12:30', '12:30'],
    ['8点', '08:00/20:00'],
    ['八点半', '08:30/20:30'],
    ['20点', '20:00'],
    ['20点30分', '20:30'],
    ['20点30', '20:30'],
    ['八点三十', '08:30/20:30'],
    ['两点一刻', '02:15/14:15'],
    ['9点整', '09:00/21:00'],
    ['8点过5分', '08:05/20:05'],
    ['零点', '00:00'],
    ['十二点', '12:00'],
    ['二十一点', '21:00'],
    ['晚上8点', '20:00'],
    ['晚8点', '20:00'],
    ['晚上20:00', '20:00'],
    ['晚上的8点', '20:00'],
    ['早 8 点', '08:00'],
    ['早上八点半', '08:30'],
    ['上午9点', '09:00'],
    ['中午12点', '12:00'],
    ['中午1点', '13:00'],
    ['下午三点三刻', '15:45'],
    ['傍晚6点', '18:00'],
    ['凌晨1点', '01:00'],
    ['8pm', '20:00'],
    ['8:30 PM', '20:30'],
    ['8 a.m.', '08:00'],
    ['12am', '00:00'],
    ['8点到9点', '08:00/20:00', '09:00/21:00'],
    ['20:00 21:00', '20:00', '21:00'],
    // Said, and yet no time.
    ['早上20:00', ''],
    ['25:00', ''],
    ['20:60', ''],
    ['晚上12点', ''],
    ['晚上1点', ''],
    ['下午8pm', ''],
    ['周二十点', ''],
    ['每周一二十点', ''],
    // No times at all.
    ['中午'],
    ['第8点'],
    ['要点和重点'],
    ['20:00:00'],
    ['2026-12-01'],
    ['3.5点'],
    ['时间和时候，小时'],
    ['晚8'],
  ])('%s', (said, ...meant) => {
    expect(meanings(said)).toEqual(meant);
  });

  it('reads every minute of the day in every way of writing it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1439 }), (minute) => {
        const hour = Math.floor(minute / 60);
        const rest = minute % 60;
        const clock = sayMinutes(minute);
        expect(findTimes(`周五 ${clock} 花茶`).map(({ minutes }) => minutes)).toEqual([[minute]]);
        const points = `${hour}点${rest === 0 ? '' : `${rest}分`}`;
        const [read] = findTimes(points);
        expect(read?.text).toBe(points);
        expect(read?.minutes).toContain(minute);
        if (hour >= 18 && hour < 23)
          expect(findTimes(`晚上${hour - 12}点${rest}分`)[0]?.minutes).toEqual([minute]);
        if (hour >= 6 && hour < 12) expect(findTimes(`上午${hour}点${rest}分`)[0]?.minutes).toEqual([minute]);
      }),
    );
  });

  it('never throws, and finds what lies in the text', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(...'0123456789:点时分半一二十早晚上下午 周五pm、'),
          maxLength: 40,
        }),
        (text) => {
          for (const { index, text: said, minutes } of findTimes(text)) {
            expect(text.slice(index, index + said.length)).toBe(said);
            expect(minutes.every((minute) => minute >= 0 && minute < 1440)).toBe(true);
          }
        },
      ),
    );
  });
});

describe('numerals', () => {
  it.each<[string, number | undefined]>([
    ['8', 8],
    ['08', 8],
    ['两', 2],
    ['十', 10],
    ['十五', 15],
    ['二十', 20],
    ['二十三', 23],
    ['零五', 5],
    ['〇五', 5],
    ['', undefined],
    ['百', undefined],
    ['一三', undefined],
    ['123', undefined],
  ])('%s', (said, number) => expect(readNumeral(said)).toBe(number));
});
