/** What is sent of a lesson that changed, was withdrawn, lost a picture, or that the group has had. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { NotSentError } from '../../src/channels/channel.ts';
import { MINUTE } from '../../src/clock.ts';
import { findDelivery, HAD_IT, listParts, type NewDelivery } from '../../src/delivery/ledger.ts';
import type { Compose } from '../../src/delivery/prepare.ts';
import { resolveDelivery } from '../../src/delivery/resolve.ts';
import type { Catalogue } from '../../src/lessons/catalogue.ts';
import { findRevision, recordCatalogue } from '../../src/lessons/revisions.ts';
import { parseLesson } from '../../src/lessons/parse.ts';
import { DIALECTS } from '../support/databases.ts';
import { openPostOffice, type PostOffice } from '../support/post-office.ts';

/** A folder that holds these lessons, each under its own name. */
function catalogueOf(lessons: Readonly<Record<string, string>>): Catalogue {
  const parsed = Object.entries(lessons).map(([id, body]) => {
    const source = `---\nid: ${id}\ntitle: ${id}\n---\n\n${body}\n`;
    return { source, ...parseLesson(source, `${id}.md`) };
  });
  const good = parsed.flatMap(({ lesson, source }) => (lesson ? [{ lesson, source }] : []));
  return {
    lessons: good.map(({ lesson }) => lesson),
    faults: parsed.flatMap(({ faults }) => faults),
    byId: new Map(good.map(({ lesson }) => [lesson.id, lesson])),
    sources: new Map(good.map(({ lesson, source }) => [lesson.hash, source])),
  };
}

const compose: Compose = async (trx, { hash }) => {
  const lesson = hash === null ? undefined : await findRevision(trx, hash);
  return lesson ? { drafts: [{ kind: 'text', body: lesson.body }] } : { skip: '这一课的内容不在了' };
};

describe.each(DIALECTS)('preparing a delivery on %s', (dialect) => {
  let office: PostOffice;
  beforeEach(async () => {
    office = await openPostOffice(dialect);
  });
  afterEach(async () => {
    await office.close();
  });

  const working = () => office.channelThat(async () => ({ messageId: `x${office.said.length}` }));
  const record = async (lessons: Readonly<Record<string, string>>) => {
    const catalogue = catalogueOf(lessons);
    await recordCatalogue(office.db, catalogue, 'operator', office.clock.now());
    return (id: string) => catalogue.byId.get(id)?.hash ?? '';
  };
  const planLesson = async (hash: string, extra: Partial<NewDelivery> = {}) =>
    await office.plan([], { kind: 'lesson', content: 'cha', hash, ...extra });

  it('sends the revision that is approved now, and says so', async () => {
    const hash = (await record({ cha: '潮光异味' }))('cha');
    const id = await planLesson(hash);
    const changed = (await record({ cha: '潮、光、异味' }))('cha');
    expect(await office.send(working(), id, compose)).toMatchObject({
      state: 'sent',
      hash: changed,
      reason: expect.stringContaining('改过'),
    });
    expect(office.said).toEqual(['潮、光、异味']);
  });

  it('sends nothing of a lesson that was withdrawn', async () => {
    const id = await planLesson((await record({ cha: '潮', lu: '路' }))('cha'));
    await record({ lu: '路' });
    expect(await office.send(working(), id, compose)).toMatchObject({
      state: 'skipped',
      reason: '这一课已经撤下，没有发',
    });
    expect(office.said).toEqual([]);
    // It is put back.
    await record({ cha: '潮', lu: '路' });
    const no = (await findDelivery(office.db, id))?.no ?? 0;
    await resolveDelivery(office.db, no, 'resend', 'ann', office.clock.now());
    expect(await office.send(working(), id, compose)).toMatchObject({ state: 'sent' });
  });

  it('keeps the revision of a file that has a fault for the moment', async () => {
    const id = await planLesson((await record({ cha: '潮' }))('cha'));
    await record({ cha: '' });
    expect(await office.send(working(), id, compose)).toMatchObject({ state: 'sent' });
    expect(office.said).toEqual(['潮']);
  });

  it('never brings a revision to a group twice, whoever planned it, unless a person says again', async () => {
    const hash = (await record({ cha: '潮' }))('cha');
    const [first, second] = [await planLesson(hash), await planLesson(hash)];
    expect(await findDelivery(office.db, second)).toMatchObject({ state: 'skipped', reason: HAD_IT });
    await office.send(working(), first, compose);
    const third = await planLesson(hash);
    expect(await findDelivery(office.db, third)).toMatchObject({ state: 'skipped', reason: HAD_IT });
    const no = (await findDelivery(office.db, third))?.no ?? 0;
    await expect(resolveDelivery(office.db, no, 'resend', 'ann', office.clock.now())).rejects.toThrow(
      /--again/,
    );
    const again = await planLesson(hash, { again: true });
    expect(await office.send(working(), again, compose)).toMatchObject({ state: 'sent' });
    const elsewhere = await planLesson(hash, { groupId: office.other.id });
    expect(await office.send(working(), elsewhere, compose)).toMatchObject({ state: 'sent' });
    expect(office.said).toEqual(['潮', '潮', '潮']);
  });

  it('a change back to what the group has had is not sent', async () => {
    const old = (await record({ cha: '潮' }))('cha');
    await office.send(working(), await planLesson(old), compose);
    const changed = (await record({ cha: '潮、光' }))('cha');
    const id = await planLesson(changed);
    await record({ cha: '潮' });
    expect(await office.send(working(), id, compose)).toMatchObject({ state: 'skipped', reason: HAD_IT });
  });

  it('composes anew what was not said yet, and keeps the words of what was', async () => {
    const hash = (await record({ cha: '潮' }))('cha');
    const id = await planLesson(hash);
    let count = 0;
    const counting: Compose = async () => {
      count += 1;
      return { drafts: [1, 2].map((part) => ({ kind: 'text', body: `第 ${count} 稿之 ${part}` })) };
    };
    let offline = true;
    const channel = office.channelThat(async () => {
      if (offline) throw new NotSentError('掉线');
      return { messageId: `x${office.said.length}` };
    });
    expect(await office.send(channel, id, counting)).toMatchObject({ state: 'planned', reason: '掉线' });
    office.clock.advance(10 * MINUTE);
    offline = false;
    expect(await office.send(channel, id, counting)).toMatchObject({ state: 'sent' });
    expect(office.said).toEqual(['第 2 稿之 1', '第 2 稿之 2']);
    expect(await listParts(office.db, id)).toHaveLength(2);
  });

  it.each([
    ['nothing', [], 'skipped', '没有内容可发'],
    ['only empty parts', [{ kind: 'text', body: ' \n ' }], 'skipped', '没有内容可发'],
    ['a part over the limit', [{ kind: 'text', body: '茶'.repeat(101) }], 'failed', '超过 100 个字'],
    [
      'a picture that is gone',
      [
        { kind: 'text', body: '看图' },
        { kind: 'picture', body: '/nowhere/cha.png' },
      ],
      'failed',
      '图片 /nowhere/cha.png 不在了',
    ],
  ] as const)(
    'says why it sends nothing of %s, before anything is said',
    async (_name, drafts, state, reason) => {
      const id = await office.plan([], { kind: 'digest' });
      const channel = office.channelThat(async () => ({ messageId: 'x' }), { maxText: 100 });
      expect(await office.send(channel, id, async () => ({ drafts }))).toMatchObject({
        state,
        reason: expect.stringContaining(reason),
      });
      expect(office.said).toEqual([]);
    },
  );

  it('splits fixed words at the channel’s limit and leaves empty ones out', async () => {
    const id = await office.plan(['一二三四五六七八九十。'.repeat(20), '  ']);
    const channel = office.channelThat(async () => ({ messageId: `x${office.said.length}` }), {
      maxText: 100,
    });
    expect(await office.send(channel, id)).toMatchObject({ state: 'sent' });
    expect(office.said.length).toBeGreaterThan(1);
    expect(office.said.every((text) => text.length <= 100)).toBe(true);
    expect(office.said.join('')).toBe('一二三四五六七八九十。'.repeat(20));
  });
});
