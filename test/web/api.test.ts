/** `/api/v1` as a program meets it: keys, scope, pages, what is refused, and the document that describes it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DAY, HOUR, MINUTE } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { silentLog } from '../../src/log.ts';
import { addMember } from '../../src/people/members.ts';
import { grantRole, revokeRole } from '../../src/people/roles.ts';
import { TERMINAL } from '../../src/people/scope.ts';
import { issueToken, listTokens, revokeToken, type TokenScope } from '../../src/people/tokens.ts';
import { webParts } from '../../src/site.ts';
import { BASE, ENDPOINTS } from '../../src/web/api/routes.ts';
import { makeRoutes } from '../../src/web/server.ts';
import { DIALECTS } from '../support/databases.ts';
import { openSchool, ROOT, type School } from '../support/school.ts';
import { healthy } from './site.ts';

describe.each(DIALECTS)('the interface for programs on %s', (dialect) => {
  let school: School;
  let routes: ReturnType<typeof makeRoutes>;
  beforeEach(async () => {
    school = await openSchool(dialect);
    const config = readConfig({ LESSONS_DIR: `${ROOT}lessons` }, ROOT);
    const { db, clock, app, sandbox } = school;
    const parts = { config, db, clock, log: silentLog, app, sandbox, channels: [sandbox] };
    routes = makeRoutes(webParts(parts, async () => healthy));
  });
  afterEach(async () => {
    routes.close();
    await school.close();
  });

  const key = async (scope: TokenScope = 'read', memberId: string | null = null, life = DAY) =>
    (await issueToken(school.db, { name: '台账程序', memberId, scope, life }, 'test', school.clock.now()))
      .secret;

  async function secretaryOf(unit: string) {
    const { db, clock } = school;
    const { id: unitId } = await db
      .selectFrom('unit')
      .select('id')
      .where('name', '=', unit)
      .executeTakeFirstOrThrow();
    const { id } = await addMember(db, { name: `${unit}书记`, unit }, { who: 'test' }, clock.now());
    const role = { memberId: id, role: 'secretary', unitId } as const;
    await grantRole(db, role, TERMINAL, clock.now());
    return { id, role };
  }

  const unitId = async (name: string) =>
    (await school.db.selectFrom('unit').select('id').where('name', '=', name).executeTakeFirstOrThrow()).id;

  async function call(method: string, path: string, secret?: string, body?: unknown, more = {}) {
    const response = await routes.app.request(`http://127.0.0.1:8080${BASE}${path}`, {
      method,
      headers: {
        host: '127.0.0.1:8080',
        ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...more,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const type = response.headers.get('content-type') ?? '';
    return { status: response.status, type, body: (await response.json()) as never };
  }

  /** What an endpoint answered, checked against the schema that it promises. */
  async function read(id: string, path: string, secret: string, method = 'GET', body?: unknown) {
    const answer = await call(method, path, secret, body);
    const one = ENDPOINTS.find((known) => known.id === id);
    expect(answer).toMatchObject({ status: one?.status ?? 200, type: expect.stringContaining('json') });
    return one?.result.parse(answer.body) as never;
  }

  it('answers nobody without a key that works, and says how to get one', async () => {
    const { db, clock } = school;
    const over = await key('read', null, MINUTE);
    const revoked = await key();
    const [{ no } = { no: 0 }] = await listTokens(db, clock.now());
    await revokeToken(db, no, 'test', clock.now());
    clock.advance(2 * MINUTE);
    const cookie = { cookie: 'weike_session=whatever' };
    for (const secret of [undefined, 'weike_wrong', over, revoked])
      expect(await call('GET', '/groups', secret, undefined, cookie)).toMatchObject({
        status: 401,
        type: 'application/problem+json; charset=utf-8',
        body: { status: 401, detail: expect.stringContaining('Bearer') },
      });
  });

  it('ends with the role of whose key it is, and never goes beyond it', async () => {
    const { db, clock } = school;
    const { id, role } = await secretaryOf('花茶协会党支部');
    const secret = await key('write', id);
    const page: { items: { key: string }[] } = await read('listGroups', '/groups', secret);
    expect(page.items.map((group) => group.key)).toEqual(['huacha']);
    await revokeRole(db, role, TERMINAL, clock.now());
    clock.advance(1);
    expect(await call('GET', '/groups', secret)).toMatchObject({ status: 401 });
    const plain = await addMember(db, { name: '普通', unit: '花茶协会党支部' }, { who: 'test' }, 1);
    await expect(key('read', plain.id)).rejects.toThrow(/holds no role/);
  });

  it('lets a key that may read only read', async () => {
    const secret = await key('read');
    for (const one of ENDPOINTS.filter(({ needs }) => needs === 'write'))
      expect(await call(one.method.toUpperCase(), one.path.replace('{no}', '1'), secret, {})).toMatchObject({
        status: 403,
      });
  });

  it('gives by every address nothing of another branch, as if it were not there', async () => {
    const { id } = await secretaryOf('花茶协会党支部');
    const [own, all] = [await key('write', id), await key('write')];
    const lesson = school.app.catalogue().lessons[0]?.id;
    const when = { at: '2026-12-01T20:00' };
    const { no }: { no: number } = await read('addSchedule', '/schedules', all, 'POST', {
      lesson,
      groups: ['cuntao'],
      ...when,
    });
    await read('sendLesson', '/sends', all, 'POST', { lesson: 'cunchu-huacha', groups: ['cuntao'] });
    const { items }: { items: { no: number }[] } = await read('listDeliveries', '/deliveries', all);
    const theirs = items[0]?.no ?? 0;
    const tries: [string, string, unknown?][] = [
      ['GET', `/schedules/${no}`],
      ['DELETE', `/schedules/${no}`],
      ['GET', `/deliveries/${theirs}`],
      ['POST', `/deliveries/${theirs}/decision`, { as: 'drop' }],
      ['POST', '/schedules', { lesson, groups: ['cuntao'], ...when }],
      ['POST', '/sends', { lesson, groups: ['cuntao'] }],
      ['GET', '/deliveries?group=cuntao'],
      ['GET', '/answers?group=cuntao'],
      ['GET', '/checkins?group=cuntao'],
      ['GET', `/units/${await unitId('村淘服务站党支部')}/figures?from=2026-11-01&to=2026-11-30`],
    ];
    const absent = (path: string) =>
      path
        .replace('cuntao', 'nowhere')
        .replace(/\/units\/[^/]+/, '/units/x')
        .replace(/\/\d+/, '/987654');
    for (const [method, path, body] of tries) {
      const refused = await call(method, path, own, body);
      expect(refused, `${method} ${path}`).toMatchObject({ status: 404, body: { title: 'Not found' } });
      const other = JSON.parse(JSON.stringify(body ?? null).replace('cuntao', 'nowhere')) as unknown;
      const missing = await call(method, absent(path), own, other ?? undefined);
      expect(missing.status).toBe(404);
    }
    for (const path of ['/deliveries', '/schedules', '/answers', '/checkins', '/members', '/units'])
      expect(JSON.stringify((await call('GET', path, own)).body)).not.toMatch(/cuntao|村淘/);
    expect(await call('POST', '/schedules', own, { lesson, groups: 'all', ...when })).toMatchObject({
      status: 422,
    });
    expect(
      (
        await school.db
          .selectFrom('schedule')
          .select('id')
          .where('no', '=', no)
          .where('removed_at', 'is', null)
          .execute()
      ).length,
    ).toBe(1);
  });

  it('gives the figures of a unit in scope, and of the units above it not even that they are there', async () => {
    const { id } = await secretaryOf('花茶协会党支部');
    const secret = await key('read', id);
    const own = await unitId('花茶协会党支部');
    const page: { items: object[] } = await read('listUnits', '/units', secret);
    expect(page.items).toEqual([
      { id: own, name: '花茶协会党支部', kind: expect.stringMatching(/^党/), parent: null },
    ]);
    await school.pass(21_000);
    await school.hears(/小测/);
    await school.pupil('黄秀兰').says('打卡 1B 2B 3错');
    const path = `/units/${own}/figures?from=2026-11-24&to=2026-11-24`;
    const found: { counts: { base: number } } = await read('readUnitFigures', path, secret);
    const { base } = found.counts;
    expect(found).toMatchObject({
      unit: { id: own, parent: null },
      from: '2026-11-24',
      to: '2026-11-24',
      counts: { learned: 1, answered: 1, answers: 3, days: 1, checkins: 1 },
      figures: {
        learning_rate: { part: 1, base, value: 1 / base },
        coverage: { part: 1, base: 1, value: 1 },
      },
    });
    const none: object = await read('readUnitFigures', path.replaceAll('2026', '2025'), secret);
    expect(none).toMatchObject({ figures: { share_right: { part: 0, base: 0, value: null } } });
  });

  it('pages through everything once, whatever the size of a page', async () => {
    const secret = await key();
    await school.pass(21_000);
    await school.hears(/小测/);
    for (const name of ['黄秀兰', '韦国强', '覃小燕']) await school.pupil(name).says('打卡 1B 2B 3错');
    await school.pass(1_000);
    for (const [id, path, count] of [
      ['listAnswers', '/answers?group=huacha', 9],
      ['listCheckins', '/checkins?from=2026-11-24&to=2026-11-24', 3],
      ['listMembers', '/members', undefined],
      ['listDeliveries', '/deliveries', undefined],
      ['listLessons', '/lessons', 18],
      ['listGroups', '/groups', 3],
      ['listUnits', '/units', undefined],
    ] as const) {
      const seen: string[] = [];
      let next: string | null = '';
      while (next !== null) {
        const at = `${path}${path.includes('?') ? '&' : '?'}limit=2${next === '' ? '' : `&cursor=${next}`}`;
        const page: { items: unknown[]; next: string | null } = await read(id, at, secret);
        expect(page.items.length).toBeLessThanOrEqual(2);
        seen.push(...page.items.map((item) => JSON.stringify(item)));
        next = page.next;
      }
      expect(new Set(seen).size, id).toBe(seen.length);
      const whole: { items: unknown[] } = await read(
        id,
        `${path}${path.includes('?') ? '&' : '?'}limit=200`,
        secret,
      );
      expect(seen).toEqual(whole.items.map((item) => JSON.stringify(item)));
      if (count !== undefined) expect(seen.length, id).toBe(count);
    }
    const week: { groups: { key: string; learned: number }[] } = await read(
      'readParticipation',
      '/participation?from=2026-11-23&to=2026-11-29',
      secret,
    );
    expect(week.groups.find((group) => group.key === 'huacha')).toMatchObject({ learned: 3, answers: 9 });
  });

  it('says what is wrong where, and changes nothing', async () => {
    const secret = await key('write');
    const before = await school.db.selectFrom('schedule').select('id').execute();
    const bad: [string, string, unknown, number, RegExp][] = [
      ['GET', '/groups?limit=0', undefined, 400, /query\.limit/],
      ['GET', '/groups?limit=1e9', undefined, 400, /query\.limit/],
      ['GET', '/members?cursor=!!', undefined, 400, /cursor/],
      ['GET', '/answers?cursor=bm90aGluZw', undefined, 400, /cursor/],
      ['GET', '/participation?from=2026-02-30&to=2026-03-01', undefined, 400, /query\.from/],
      ['GET', '/schedules/abc', undefined, 400, /path\.no/],
      ['GET', '/deliveries/99999999999999999999', undefined, 400, /path\.no/],
      ['GET', '/deliveries?state=lost', undefined, 400, /query\.state/],
      ['GET', '/units/x/figures', undefined, 400, /query\.from/],
      ['GET', '/units/x/figures?from=2026-11-30&to=2026-11-01', undefined, 400, /query\.to/],
      ['GET', '/units/x/figures?from=2020-01-01&to=2026-11-01', undefined, 400, /732 days/],
      ['GET', '/units/x/figures?from=2026-02-30&to=2026-11-01', undefined, 400, /query\.from/],
      ['GET', '/units/x/figures?from=2026-11-01&to=2026-11-30', undefined, 404, /没有找到这个党组织/],
      ['GET', '/nothing', undefined, 404, /No such address/],
      ['POST', '/groups', {}, 405, /No such method/],
      ['POST', '/schedules', '{"lesson":', 400, /no JSON/],
      ['POST', '/schedules', '[]', 400, /body/],
      ['POST', '/schedules', { lesson: 'x' }, 400, /body\.groups/],
      ['POST', '/schedules', { lesson: 'x', groups: ['huacha'], at: '2026-12-01T20:00' }, 422, /no lesson/],
      ['POST', '/schedules', { course: 'x', groups: ['huacha'], cron: '0 20 * * *' }, 422, /no course/],
      ['POST', '/schedules', { digest: 'day', groups: ['huacha'], cron: 'often' }, 422, /often/],
      ['POST', '/schedules', { digest: 'day', groups: ['huacha'], at: '2020-01-01T20:00' }, 422, /over/],
      ['POST', '/schedules', { digest: 'day', groups: [], at: '2026-12-01T20:00' }, 400, /body\.groups/],
      ['POST', '/schedules', { digest: 'day', groups: ['huacha'], at: 'x', cron: 'y' }, 422, /exactly one/],
      [
        'POST',
        '/schedules',
        { digest: 'day', groups: ['huacha'], at: '2026-12-01', surprise: 1 },
        400,
        /body/,
      ],
      ['POST', '/sends', { lesson: 'cunchu-huacha', groups: ['huacha'], close: 'soon' }, 400, /body\.close/],
      ['POST', '/sends', { lesson: 'x'.repeat(70_000), groups: ['huacha'] }, 413, /too large/],
      ['POST', '/deliveries/1/decision', { as: 'maybe' }, 400, /body\.as/],
      ['DELETE', '/schedules/987654', undefined, 404, /987654/],
    ];
    for (const [method, path, body, status, words] of bad) {
      const answer = await call(method, path, secret, body);
      expect(answer, `${method} ${path}`).toMatchObject({ status, body: { status } });
      expect(answer.type).toContain('application/problem+json');
      expect(JSON.stringify(answer.body)).toMatch(words);
      expect(JSON.stringify(answer.body)).not.toMatch(/\bat .+\.ts:\d+|node_modules/);
    }
    const html = await call('POST', '/sends', secret, '<a>', { 'content-type': 'text/html' });
    expect(html.status).toBe(415);
    expect(await school.db.selectFrom('schedule').select('id').execute()).toEqual(before);
  });

  it('schedules, sends and decides by the rules of the chat, on record under the name of the key', async () => {
    const { id } = await secretaryOf('花茶协会党支部');
    const secret = await key('write', id);
    const added: { no: number; next_at: string } = await read('addSchedule', '/schedules', secret, 'POST', {
      course: '网上卖货',
      groups: ['huacha'],
      cron: '0 20 * * 1,3,5',
      close: '2h',
    });
    expect(added).toMatchObject({ content: 'course:网上卖货', groups: ['huacha'] });
    await read('getSchedule', `/schedules/${added.no}`, secret);
    await read('removeSchedule', `/schedules/${added.no}`, secret, 'DELETE');
    expect(await call('GET', `/schedules/${added.no}`, secret)).toMatchObject({ status: 404 });

    await read('sendLesson', '/sends', secret, 'POST', { lesson: 'cunchu-huacha', groups: ['huacha'] });
    expect(
      await school.db.selectFrom('audit').select('via').where('what', '=', 'lesson.send').execute(),
    ).toContainEqual({ via: 'api' });
    await school.hears(/存/);
    expect(
      await call('POST', '/sends', secret, { lesson: 'cunchu-huacha', groups: ['huacha'] }),
    ).toMatchObject({ status: 422, body: { detail: expect.stringContaining('has had lesson') } });
    const page: { items: { no: number; state: string }[] } = await read(
      'listDeliveries',
      '/deliveries?kind=lesson',
      secret,
    );
    const sent = page.items[0];
    expect(
      await call('POST', `/deliveries/${sent?.no ?? 0}/decision`, secret, { as: 'resend' }),
    ).toMatchObject({ status: 409, body: { title: 'Nothing was changed' } });
    const audit = await school.db.selectFrom('audit').select(['what', 'who']).where('who', '=', id).execute();
    expect(audit.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['schedule.add', 'schedule.remove', 'lesson.send']),
    );
  });

  it('holds back who asks too often, each key by itself, for a minute', async () => {
    const [busy, calm] = [await key(), await key()];
    for (let asked = 0; asked < 600; asked += 1) await call('GET', '/lessons?limit=1', busy);
    expect(await call('GET', '/lessons?limit=1', busy)).toMatchObject({ status: 429 });
    expect(await call('GET', '/lessons?limit=1', calm)).toMatchObject({ status: 200 });
    school.clock.advance(MINUTE);
    expect(await call('GET', '/lessons?limit=1', busy)).toMatchObject({ status: 200 });
  });

  it('keeps no key, and notes when one was used', async () => {
    const { db, clock } = school;
    const secret = await key('read', null, 30 * DAY);
    expect(JSON.stringify(await db.selectFrom('api_token').selectAll().execute())).not.toContain(secret);
    expect(JSON.stringify(await db.selectFrom('audit').selectAll().execute())).not.toContain(secret);
    expect(await listTokens(db, clock.now())).toMatchObject([{ used_at: null, scope: 'read' }]);
    clock.advance(HOUR);
    await call('GET', '/groups', secret);
    expect(await listTokens(db, clock.now())).toMatchObject([{ used_at: clock.now() }]);
    await expect(key('read', null, 400 * DAY)).rejects.toThrow(/366d/);
  });

  it('tells whoever watches how the server is, to strangers only with a key of the whole county', async () => {
    const ask = async (app: typeof routes.app, secret?: string) =>
      await app.request('http://127.0.0.1:8080/metrics', {
        headers: { host: '127.0.0.1:8080', ...(secret ? { authorization: `Bearer ${secret}` } : {}) },
      });
    const local = await ask(routes.app);
    expect(local.headers.get('content-type')).toContain('text/plain');
    const text = await local.text();
    expect(text).toContain('weike_part_up{part="database"} 1');
    expect(text).toContain('weike_deliveries_waiting_for_a_person{state="unknown"}');
    expect(text).toMatch(/process_resident_memory_bytes \d/);
    const { db, clock, app, sandbox } = school;
    const open = readConfig(
      { LESSONS_DIR: `${ROOT}lessons`, HOST: '0.0.0.0', SANDBOX_TOKEN: 'a-long-secret-token' },
      ROOT,
    );
    const parts = { config: open, db, clock, log: silentLog, app, sandbox, channels: [sandbox] };
    const far = makeRoutes(webParts(parts, async () => healthy));
    const { id } = await secretaryOf('花茶协会党支部');
    expect((await ask(far.app)).status).toBe(401);
    expect((await ask(far.app, await key('read', id))).status).toBe(401);
    expect((await ask(far.app, await key('read'))).status).toBe(200);
    far.close();
  });

  it('describes every address in a document whose references all lead somewhere', async () => {
    const { body } = await call('GET', '/openapi.json');
    const document = body as {
      openapi: string;
      paths: Record<string, Record<string, { operationId: string }>>;
      components: { schemas: Record<string, unknown> };
    };
    expect(document.openapi).toBe('3.1.0');
    for (const { path, method, id } of ENDPOINTS)
      expect(document.paths[path]?.[method]?.operationId).toBe(id);
    const text = JSON.stringify(document);
    const refs = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref = '']) => ref);
    expect(refs.length).toBeGreaterThan(ENDPOINTS.length);
    for (const ref of refs) {
      expect(ref).toMatch(/^#\/components\/schemas\/\w+$/);
      expect(document.components.schemas).toHaveProperty(ref.split('/').at(-1) ?? '');
    }
  });
});
