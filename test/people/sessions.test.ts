/** Links, desk codes and sessions: once, in time, whose they are, and how often one may try. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DAY } from '../../src/clock.ts';
import type { Db } from '../../src/db/open.ts';
import { leaveRoster } from '../../src/people/members.ts';
import { revokeRole } from '../../src/people/roles.ts';
import { TERMINAL } from '../../src/people/scope.ts';
import {
  claimDeskCode,
  CODE_LIFE,
  endSession,
  findSession,
  forgetTries,
  hashOfAddress,
  isLoginTokenLive,
  issueLoginToken,
  issueMemberLink,
  LIMIT_SPAN,
  LINK_LIFE,
  listSessions,
  readDeskCode,
  revokeSession,
  revokeSessionsOf,
  sayAgent,
  spendDeskCode,
  spendLoginToken,
  startDeskCode,
} from '../../src/people/sessions.ts';
import { findViewer } from '../../src/people/viewer.ts';
import { buildCounty, type County } from '../support/county.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';

const NOW = Date.parse('2026-11-24T20:00:00+08:00');
const PHONE = { agent: '微信，Android', from: 'phone' };
const DESK = { agent: 'Chrome，Windows', from: 'desk' };

describe.each(DIALECTS)('coming in on %s', (dialect) => {
  let db: Db;
  let close: () => Promise<void>;
  let county: County;
  let ann: string;
  beforeEach(async () => {
    ({ db, close } = await openTestDb(dialect));
    county = await buildCounty(db, { now: NOW - DAY });
    ann = county.own.secretary.id;
  });
  afterEach(async () => {
    await close();
  });

  const comeIn = async (memberId = ann, at = NOW) => {
    const link = (await issueMemberLink(db, memberId, at)) ?? '';
    return (await spendLoginToken(db, link, at, PHONE))?.session ?? '';
  };

  it('opens by a link once, within ten minutes, for its owner', async () => {
    const link = (await issueMemberLink(db, ann, NOW)) ?? '';
    expect(await isLoginTokenLive(db, link, NOW)).toBe(true);
    // Looking spends nothing.
    expect(await isLoginTokenLive(db, link, NOW + LINK_LIFE - 1)).toBe(true);
    expect(await isLoginTokenLive(db, link, NOW + LINK_LIFE)).toBe(false);
    expect(await spendLoginToken(db, link, NOW + LINK_LIFE, PHONE)).toBeUndefined();
    const opened = await spendLoginToken(db, link, NOW + 1, PHONE);
    expect(opened?.expiresAt).toBe(NOW + 1 + 30 * DAY);
    expect(await spendLoginToken(db, link, NOW + 2, PHONE)).toBeUndefined();
    const secret = opened?.session ?? '';
    expect(await findSession(db, secret, NOW + 2)).toEqual({ role: 'member', memberId: ann });
    expect(await findSession(db, secret, NOW + 1 + 30 * DAY)).toBeUndefined();
    for (const forged of ['', link, `${secret}x`, secret.slice(1), 'null', "' or 1=1 --"])
      expect(await findSession(db, forged, NOW + 2)).toBeUndefined();
  });

  it('keeps one link at a time, and only so many within ten minutes', async () => {
    const links: (string | undefined)[] = [];
    for (let count = 0; count < 6; count += 1) links.push(await issueMemberLink(db, ann, NOW + count));
    expect(links.map((link) => link !== undefined)).toEqual([true, true, true, true, true, false]);
    const live = [];
    for (const link of links) live.push(await isLoginTokenLive(db, link ?? '', NOW + 10));
    expect(live).toEqual([false, false, false, false, true, false]);
    expect(await issueMemberLink(db, county.own.deputy.id, NOW + 10)).toBeDefined();
    expect(await issueMemberLink(db, ann, NOW + 10, { unlimited: true })).toBeDefined();
    expect(await issueMemberLink(db, ann, NOW + 10 + LIMIT_SPAN)).toBeDefined();
  });

  it('looks at no link after too many wrong ones from one place', async () => {
    for (let count = 0; count < 30; count += 1)
      expect(await spendLoginToken(db, `wrong-${count}`, NOW, PHONE)).toBeUndefined();
    const link = (await issueMemberLink(db, ann, NOW)) ?? '';
    expect(await spendLoginToken(db, link, NOW, PHONE)).toBeUndefined();
    // It wasn't spent: from elsewhere it opens.
    expect(await spendLoginToken(db, link, NOW, DESK)).toBeDefined();
  });

  it('opens a desk whose code was sent, for whoever sent it, once', async () => {
    const shown = await startDeskCode(db, DESK, NOW);
    if (!shown) throw new Error('no code');
    expect(shown.code).toMatch(/^\d{6}$/);
    expect(await readDeskCode(db, shown.browser, NOW)).toBe('waiting');
    expect(await spendDeskCode(db, shown.browser, NOW)).toBeUndefined();
    expect(await claimDeskCode(db, shown.code, ann, NOW + 1)).toEqual({ kind: 'claimed', agent: DESK.agent });
    // A second person can't take it over.
    expect(await claimDeskCode(db, shown.code, county.other.secretary.id, NOW + 2)).toEqual({
      kind: 'wrong',
    });
    expect(await readDeskCode(db, shown.browser, NOW + 2)).toBe('claimed');
    expect(await spendDeskCode(db, shown.code, NOW + 2)).toBeUndefined();
    const opened = await spendDeskCode(db, shown.browser, NOW + 3);
    expect(opened?.expiresAt).toBe(NOW + 3 + 7 * DAY);
    expect(await spendDeskCode(db, shown.browser, NOW + 4)).toBeUndefined();
    expect(await readDeskCode(db, shown.browser, NOW + 4)).toBe('gone');
    expect(await findSession(db, opened?.session ?? '', NOW + 4)).toMatchObject({ memberId: ann });
  });

  it('takes no code that is over, and none at all after five wrong ones', async () => {
    const shown = await startDeskCode(db, DESK, NOW);
    if (!shown) throw new Error('no code');
    expect(await claimDeskCode(db, shown.code, ann, NOW + CODE_LIFE)).toEqual({ kind: 'wrong' });
    const later = NOW + CODE_LIFE;
    const next = await startDeskCode(db, DESK, later);
    const wrong = next?.code === '000000' ? '111111' : '000000';
    for (let count = 0; count < 4; count += 1)
      expect(await claimDeskCode(db, wrong, ann, later)).toEqual({ kind: 'wrong' });
    expect(await claimDeskCode(db, next?.code ?? '', ann, later)).toEqual({ kind: 'too-many' });
    expect(await claimDeskCode(db, next?.code ?? '', county.own.deputy.id, later)).toMatchObject({
      kind: 'claimed',
    });
  });

  it('shows only so many codes to one address', async () => {
    const shown = [];
    for (let count = 0; count < 61; count += 1) shown.push(await startDeskCode(db, DESK, NOW));
    expect(shown.filter(Boolean)).toHaveLength(60);
    expect(new Set(shown.map((one) => one?.code))).toHaveLength(61);
    expect(await startDeskCode(db, PHONE, NOW)).toBeDefined();
    await forgetTries(db, NOW + 2 * DAY);
    expect(await db.selectFrom('tried').selectAll().execute()).toEqual([]);
    expect(await db.selectFrom('desk_code').selectAll().execute()).toEqual([]);
  });

  it('ends sessions by number, by owner, and by leaving', async () => {
    const secrets = [await comeIn(), await comeIn(), await comeIn(county.other.secretary.id)];
    const open = async () =>
      (await Promise.all(secrets.map((secret) => findSession(db, secret, NOW)))).map(Boolean);
    const listed = await listSessions(db, NOW);
    expect(listed.map(({ no, member, how, agent }) => [no, member, how, agent])).toEqual([
      [3, '乙书记', 'link', '微信，Android'],
      [2, '甲书记', 'link', '微信，Android'],
      [1, '甲书记', 'link', '微信，Android'],
    ]);
    await revokeSession(db, 1, 'cli', NOW);
    expect(await open()).toEqual([false, true, true]);
    await expect(revokeSession(db, 1, 'cli', NOW)).rejects.toThrow(/没有找到这个登录：1/);
    const link = (await issueMemberLink(db, ann, NOW)) ?? '';
    const shown = await startDeskCode(db, DESK, NOW);
    await claimDeskCode(db, shown?.code ?? '', ann, NOW);
    expect(await revokeSessionsOf(db, ann, ann, 'chat', NOW)).toBe(1);
    expect(await open()).toEqual([false, false, true]);
    // Nor do what is under way.
    expect(await spendLoginToken(db, link, NOW, PHONE)).toBeUndefined();
    expect(await spendDeskCode(db, shown?.browser ?? '', NOW)).toBeUndefined();
    await endSession(db, secrets[2] ?? '', NOW);
    expect(await open()).toEqual([false, false, false]);
    const whats = await db.selectFrom('audit').select('what').where('subject', 'like', 'session:%').execute();
    expect(whats.map(({ what }) => what).toSorted()).toEqual([
      ...Array.from({ length: 3 }, () => 'session.open'),
      ...Array.from({ length: 3 }, () => 'session.revoke'),
    ]);
  });

  it('gives a session what its owner may do at that moment, and nothing without a role', async () => {
    const secret = await comeIn();
    const viewer = async () => await findViewer(db, secret, NOW);
    expect(await viewer()).toMatchObject({
      rank: 'secretary',
      units: [county.own.branch.id],
      via: 'console',
    });
    await revokeRole(db, { memberId: ann, role: 'secretary', unitId: county.own.branch.id }, TERMINAL, NOW);
    expect(await viewer()).toBeUndefined();

    const chief = await comeIn(county.chief.id);
    expect(await findViewer(db, chief, NOW)).toMatchObject({ rank: 'county', units: 'all' });
    await leaveRoster(db, county.chief.id, 'left', '2026-11-24', TERMINAL, NOW);
    expect(await findViewer(db, chief, NOW)).toBeUndefined();

    const link = await issueLoginToken(db, 'admin', NOW);
    const admin = (await spendLoginToken(db, link, NOW))?.session ?? '';
    expect(await findViewer(db, admin, NOW)).toMatchObject({ units: 'all', who: 'admin-link' });
  });

  it('keeps no secret and no address', async () => {
    const link = (await issueMemberLink(db, ann, NOW)) ?? '';
    const shown = await startDeskCode(db, { agent: '', from: hashOfAddress('192.0.2.7') }, NOW);
    const session = (await spendLoginToken(db, link, NOW, PHONE))?.session ?? '';
    const rows = JSON.stringify([
      await db.selectFrom('login_token').selectAll().execute(),
      await db.selectFrom('session').selectAll().execute(),
      await db.selectFrom('desk_code').selectAll().execute(),
      await db.selectFrom('tried').selectAll().execute(),
      await db.selectFrom('audit').selectAll().execute(),
    ]);
    for (const secret of [link, session, shown?.browser, `"${shown?.code}"`, '192.0.2.7'])
      expect(rows).not.toContain(secret);
  });
});

it.each([
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36',
    'Chrome，Windows',
  ],
  ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/131.0', 'Edge，Windows'],
  ['Mozilla/5.0 (Linux; Android 14) Chrome/126 Mobile Safari/537.36 MicroMessenger/8.0', '微信，Android'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1', 'Safari，iPhone'],
  ['<script>alert(1)</script>', '不认识的浏览器'],
  ['', '不认识的浏览器'],
])('%s is %s', (userAgent, said) => expect(sayAgent(userAgent)).toBe(said));
