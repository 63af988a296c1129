/** The intake: bounded, in turn, and nothing is dropped. */
import { describe, expect, it } from 'vitest';

import { type IntakeOptions, openIntake } from '../../src/channels/wechaty/intake.ts';
import { systemClock } from '../../src/clock.ts';
import { until } from '../support/wait.ts';

function open(given: Partial<IntakeOptions> & Pick<IntakeOptions, 'take'>) {
  const lost: unknown[] = [];
  const intake = openIntake({
    clock: systemClock,
    atOnce: 10,
    retry: { first: 1, longest: 4 },
    triesOfOld: 3,
    onFailure: ({ error, isLost }) => {
      if (isLost) lost.push(error);
    },
    ...given,
  });
  return { intake, lost };
}

describe('the intake', () => {
  it('takes everything of a flood, never more than so many at a time', async () => {
    let [underWay, most] = [0, 0];
    const taken: string[] = [];
    const { intake } = open({
      async take(id) {
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise((resolve) => setImmediate(resolve));
        underWay -= 1;
        taken.push(id);
      },
    });
    intake.resume();
    const ids = Array.from({ length: 5_000 }, (_, at) => `m${at}`);
    for (const id of ids) intake.push(id);
    expect(intake.size()).toBe(5_000);
    await until(() => taken.length === ids.length, { what: 'all taken' });
    expect(taken).toEqual(ids);
    expect(most).toBe(10);
    await until(() => intake.size() === 0);
  });

  it('lets the others pass while one has to come again', async () => {
    const taken: string[] = [];
    let refusals = 0;
    const again: boolean[] = [];
    const { intake } = open({
      atOnce: 1,
      async take(id, isAgain) {
        if (id === 'slow') again.push(isAgain);
        if (id === 'slow' && (refusals += 1) <= 5) throw new Error('not there yet');
        taken.push(id);
      },
    });
    intake.resume();
    for (const id of ['slow', 'a', 'b', 'c']) intake.push(id);
    await until(() => taken.length === 4);
    expect(taken).toEqual(['a', 'b', 'c', 'slow']);
    expect(again).toEqual([false, true, true, true, true, true]);
  });

  it('keeps what came while nothing could be taken, over a broken connection', async () => {
    const taken: string[] = [];
    let isConnected = true;
    const { intake } = open({
      async take(id) {
        if (!isConnected) throw new Error('not connected');
        taken.push(id);
      },
    });
    intake.push('early');
    expect(taken).toEqual([]);
    intake.resume();
    await until(() => taken.length === 1);
    isConnected = false;
    intake.push('during');
    await until(() => intake.size() === 1);
    intake.pause();
    intake.push('after');
    isConnected = true;
    intake.resume();
    await until(() => intake.size() === 0);
    expect(taken.toSorted()).toEqual(['after', 'during', 'early']);
  });

  it('gives up what a later connection does not know, and only that', async () => {
    let tries = 0;
    const { intake, lost } = open({
      async take() {
        tries += 1;
        throw new Error('no such message');
      },
    });
    intake.resume();
    intake.push('strange');
    await until(() => tries > 20, { what: 'many tries on its own connection' });
    expect(lost).toEqual([]);
    intake.pause();
    intake.resume();
    await until(() => lost.length === 1);
    expect(intake.size()).toBe(0);
  });

  it('takes nothing after it was cleared', async () => {
    let tries = 0;
    const { intake } = open({
      async take() {
        tries += 1;
        throw new Error('never');
      },
    });
    intake.resume();
    for (const id of ['a', 'b']) intake.push(id);
    await until(() => tries >= 4);
    intake.pause();
    intake.clear();
    const before = tries;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(tries).toBe(before);
    expect(intake.size()).toBe(0);
  });
});
