/** Reviews and sessions from a terminal, as a process of its own with a database of its own. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Db } from '../../src/db/open.ts';
import { openDatabase } from '../../src/db/open.ts';
import { submitItem, writeItem } from '../../src/lessons/review.ts';
import { isLoginTokenLive, issueMemberLink, spendLoginToken } from '../../src/people/sessions.ts';
import { buildCounty, type County } from '../support/county.ts';

const CLI = new URL('../../src/cli.ts', import.meta.url).pathname;
let folder = '';
let db: Db;
let county: County;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weike-review-'));
  mkdirSync(join(folder, 'lessons'));
  db = await openDatabase({ kind: 'sqlite', file: join(folder, 'data', 'weike.db') }, Date.now());
  county = await buildCounty(db, { now: Date.now() - 1_000 });
});
afterAll(async () => {
  await db.destroy();
  rmSync(folder, { recursive: true, force: true });
});

function weike(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = {
    ...process.env,
    DATA_DIR: join(folder, 'data'),
    LESSONS_DIR: join(folder, 'lessons'),
    LOG_LEVEL: 'silent',
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { cwd: folder, env }, (error, out, err) => {
      const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
      resolve({ code, out, err });
    });
  });
}

async function json<T>(...args: string[]): Promise<T> {
  const { code, out, err } = await weike(...args, '--json');
  if (code !== 0) throw new Error(err);
  return JSON.parse(out) as T;
}

describe('weike review', () => {
  it('lists, shows, returns and approves', async () => {
    const { own } = county;
    const author = await own.secretary.actor();
    const lesson = '夏天怎么存花茶\n\n放冰箱要密封。\n';
    const { no } = await writeItem(db, { kind: 'lesson', body: lesson, unitId: own.branch.id }, author, 1);
    await submitItem(db, no, author, 2);
    const text = {
      kind: 'notice',
      body: '明天开会',
      unitId: own.branch.id,
      groupIds: [own.group.id],
    } as const;
    const notice = await writeItem(db, text, author, 3);
    await submitItem(db, notice.no, author, 4);

    const waiting = await json<object[]>('review', 'list', '--state', 'submitted');
    expect(waiting).toMatchObject([
      { no: notice.no, kind: 'notice', title: '明天开会', author: '甲书记', unit: '甲支部', missing: 1 },
      { no, kind: 'lesson', title: '夏天怎么存花茶', state: 'submitted' },
    ]);
    expect(await json('review', 'show', String(notice.no))).toMatchObject({
      body: '明天开会',
      groups: ['g1'],
    });
    expect((await weike('lesson', 'list')).out).not.toContain('夏天怎么存花茶');
    expect(await json('review', 'approve', String(no))).toMatchObject({ state: 'approved', missing: 0 });
    expect((await weike('lesson', 'list')).out).toContain('夏天怎么存花茶');
    expect(await json('review', 'return', String(notice.no), '--reason', '没写时间')).toMatchObject({
      state: 'returned',
      reason: '没写时间',
    });
    const shown = await weike('review', 'show', String(notice.no));
    expect(shown.out).toMatch(/明天开会[\s\S]*没写时间/);
    const planned = await db.selectFrom('delivery').select('id').where('kind', '=', 'notice').execute();
    expect(planned).toEqual([]);
    await submitItem(db, notice.no, author, 5);
    await json('review', 'approve', String(notice.no));
    expect(await db.selectFrom('delivery').select(['kind', 'state']).execute()).toEqual([
      { kind: 'notice', state: 'planned' },
    ]);
  });

  it.each([
    [['review', 'approve', '999'], 1, /没有找到/],
    [['review', 'show', 'x'], 1, /expected a review's number/],
    [['review', 'list', '--state', 'gone'], 1, /expected one of draft, submitted/],
    [['review', 'approve'], 2, /missing required argument/],
    [['session', 'revoke'], 1, /name a session/],
    [
      ['session', 'revoke', '999'],
      1,
      /there is no session 999: see "weike session list".*没有找到这个登录：999/,
    ],
    [['login-link', '没有这个人'], 1, /nobody on the roster/],
    [['login-link', '甲成员'], 1, /holds no role/],
  ] as const)('%j ends with %i', async (args, code, words) => {
    const said = await weike(...args);
    expect(said.code).toBe(code);
    expect(said.err).toMatch(words);
  });
});

describe('weike session and login-link', () => {
  it('makes a link, lists who is in, and ends it', async () => {
    const { url } = await json<{ url: string }>('login-link', '甲书记');
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:8080\/enter\?t=[\w-]+$/);
    const secret = url.split('=')[1] ?? '';
    expect(await isLoginTokenLive(db, secret, Date.now())).toBe(true);
    await spendLoginToken(db, secret, Date.now(), { agent: '微信，Android', from: 'x' });
    const link = (await issueMemberLink(db, county.other.secretary.id, Date.now())) ?? '';
    await spendLoginToken(db, link, Date.now());
    const open = () => json<{ no: number; member: string }[]>('session', 'list');
    expect((await open()).map(({ no, member }) => [no, member])).toEqual([
      [2, '乙书记'],
      [1, '甲书记'],
    ]);
    expect(await json('session', 'revoke', '2')).toEqual({ revoked: 1 });
    expect(await json('session', 'revoke', '--member', '甲书记')).toEqual({ revoked: 1 });
    expect(await open()).toEqual([]);
  });
});
