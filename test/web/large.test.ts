/** A branch of ten thousand: every page stays small, and asks no more of the database than with a few. */
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openDesk, type TestDesk } from '../support/desk.ts';
import { crowd, fillBank, fillBranch, type LargeBranch } from '../support/large-branch.ts';
import { bankPages, crowdedPages, deskPages, type LargePages, memberPages } from '../support/large-pages.ts';
import { countStatements } from '../support/statements.ts';

/** A page that asked once for each of its lines would need hundreds. `npm run bench -- desk` measures the time. */
const MOST_STATEMENTS = 60;

describe('a branch of ten thousand', () => {
  const statements = countStatements();
  let desk: TestDesk;
  let ann: Awaited<ReturnType<TestDesk['as']>>;
  let chief: Awaited<ReturnType<TestDesk['as']>>;
  let place: LargeBranch;
  let members: string[];
  let pages: LargePages;
  beforeAll(async () => {
    desk = await openDesk({ through: statements.through });
    const { own } = desk.county;
    place = {
      unitId: own.branch.id,
      groupId: own.group.id,
      account: 'sandbox',
      roomId: own.group.room_id,
    };
    members = await fillBranch(desk.db, place);
    const window = await desk.db.selectFrom('quiz_window').select('id').executeTakeFirstOrThrow();
    pages = {
      unitId: own.branch.id,
      groupKey: own.group.key,
      memberId: members[5] ?? '',
      windowId: window.id,
      now: Date.now(),
    };
    ann = await desk.as(own.secretary.id);
    chief = await desk.as(desk.county.chief.id);
  }, 120_000);
  afterAll(async () => await desk.close());

  async function walk(one: typeof ann, paths: readonly string[]) {
    for (const path of paths) {
      statements.take();
      const answer = await one.get(path);
      const page = await answer.text();
      const asked = statements.take();
      expect([path, answer.status]).toEqual([path, 200]);
      expect(gzipSync(page).length, path).toBeLessThan(60 * 1024);
      expect(asked, path).toBeLessThan(MOST_STATEMENTS);
    }
  }

  it('keeps every page small', async () => {
    await walk(ann, deskPages(pages));
    await walk(chief, deskPages(pages));
    await walk(await desk.as(pages.memberId), memberPages(pages));
  }, 120_000);

  it('stays so with a bank of five thousand questions and many quizzes that drew them', async () => {
    await fillBank(desk.db, place);
    for (const one of [ann, chief]) await walk(one, bankPages(pages));
  }, 120_000);

  it('stays so when all of them wait at once', async () => {
    await crowd(desk.db, place, members);
    for (const one of [ann, chief]) await walk(one, crowdedPages);
  }, 120_000);
});
