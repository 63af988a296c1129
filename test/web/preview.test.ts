/** The editor's preview: bubbles cut where the channels of one's own groups cut, by the courier's own function. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { splitText } from '../../src/lessons/split.ts';
import { openDesk, type TestDesk } from '../support/desk.ts';

const BODY = '花茶怕潮，开袋以后换带胶圈的罐子，放进柜子里，别挨着烟和药。'.repeat(12);

describe('bubbles of the preview', () => {
  let desk: TestDesk;
  let limits: ReadonlyMap<string, number>;
  beforeEach(async () => {
    limits = new Map();
    desk = await openDesk();
    Object.assign(desk.parts.console ?? {}, { longestTexts: () => limits });
    const { other } = desk.county;
    await desk.db
      .updateTable('chat_group')
      .set({ account: 'narrow' })
      .where('id', '=', other.group.id)
      .execute();
  });
  afterEach(async () => await desk.close());

  /** What stands in each bubble of what the group will see. */
  const bubblesIn = (page: string): string[] => {
    const [, chat = ''] = /群里看到的[\s\S]*?<div class="chat">([\s\S]*?)<\/section>/.exec(page) ?? [];
    return [...chat.matchAll(/<div class="bubble">([\s\S]*?)<\/div>/g)].map(([, text = '']) => text);
  };

  it('are cut by the least that any channel of one’s groups takes, on the page and while one types', async () => {
    const { own, chief } = desk.county;
    const [head, ann] = [await desk.as(chief.id), await desk.as(own.secretary.id)];
    const form = { base: '1', title: '花茶怎么存', body: BODY, 'quiz-as': 'markdown', quiz: '' };
    await ann.post('/lessons/new', {});
    const typed = async (who: typeof ann) =>
      bubblesIn(await (await who.post('/lessons/d/1/auto', { ...form, base: '1' })).text());

    // No channel says how much it takes: as most do.
    const [whole = '', ...none] = await typed(ann);
    expect(whole.length).toBeGreaterThan(BODY.length);
    expect(none).toEqual([]);

    limits = new Map([
      ['sandbox', 200],
      ['narrow', 60],
      ['of nobody', 20],
    ]);
    expect(bubblesIn(await ann.page('/lessons/d/1'))).toEqual(splitText(whole, 200));
    expect(bubblesIn(await head.page('/lessons/d/1'))).toEqual(splitText(whole, 60));
    expect(await typed(head)).toEqual(splitText(whole, 60));

    // A group that is switched off is sent nothing.
    await head.post('/groups/enable', { key: desk.county.other.group.key, on: '0' });
    expect(bubblesIn(await head.page('/lessons/d/1'))).toEqual(splitText(whole, 200));
  });
});
