/** 参与 and 台账 as somebody in charge meets them: the same figures everywhere, each with what is under it. */
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parse } from 'csv-parse/sync';
import readExcel from 'read-excel-file/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { localDay } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { askExport, exportsDir, getExport, listExports } from '../../src/digest/export-jobs.ts';
import { learningRate, NO_COUNTS, sayParts, sayPercent, shareRight } from '../../src/figures.ts';
import { spanAround } from '../../src/digest/spans.ts';
import { readUnitCounts } from '../../src/digest/unit-counts.ts';
import { openExports } from '../../src/exports.ts';
import { silentLog } from '../../src/log.ts';
import { addMember, changeMember } from '../../src/people/members.ts';
import { grantRole, revokeRole } from '../../src/people/roles.ts';
import { TERMINAL } from '../../src/people/scope.ts';
import { issueMemberLink, spendLoginToken } from '../../src/people/sessions.ts';
import { TOGETHER } from '../../src/people/tree.ts';
import { webParts } from '../../src/site.ts';
import { makeRoutes } from '../../src/web/server.ts';
import { DIALECTS } from '../support/databases.ts';
import { openSchool, ROOT, type School } from '../support/school.ts';
import { until } from '../support/wait.ts';
import { healthy } from './site.ts';

const HOST = 'weike.example.cn';
const BRANCH = '花茶协会党支部';
const OTHER = '村淘服务站党支部';

describe.each(DIALECTS)('参与 on %s', (dialect) => {
  let school: School;
  let dataDir: string;
  let routes: ReturnType<typeof makeRoutes>;
  let files: ReturnType<typeof openExports>;

  beforeEach(async () => {
    school = await openSchool(dialect);
    dataDir = mkdtempSync(join(tmpdir(), 'weike-exports-'));
    const { db, clock, app, sandbox } = school;
    const env = {
      LESSONS_DIR: `${ROOT}lessons`,
      DATA_DIR: dataDir,
      PUBLIC_URL: `https://${HOST}`,
      SANDBOX_TOKEN: 'secret-of-the-sandbox',
    };
    const config = readConfig(env, ROOT);
    files = openExports({ db, clock, log: silentLog, dataDir, zone: config.zone });
    const parts = { config, db, clock, log: silentLog, app, sandbox, channels: [sandbox] };
    routes = makeRoutes(webParts(parts, async () => healthy, files.poke));
    await school.pass(21_000);
    await school.hears(/小测/);
    await school.pupil('黄秀兰').says('打卡 1B 2B 3错');
    await school.pupil('韦国强').says('1A 2B 3错');
    await school.pass(31 * 60_000);
  });
  afterEach(async () => {
    routes.close();
    await files.close();
    await school.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const unitId = async (name: string) =>
    (await school.db.selectFrom('unit').select('id').where('name', '=', name).executeTakeFirstOrThrow()).id;

  /** Comes in as a secretary of that branch; gives how they ask. */
  async function comeIn(branch: string, name = `${branch}书记`) {
    const { db, clock } = school;
    const member = await addMember(db, { name, unit: branch }, { who: 'test' }, clock.now());
    const role = { memberId: member.id, role: 'secretary', unitId: await unitId(branch) } as const;
    await grantRole(db, role, TERMINAL, clock.now());
    const link = (await issueMemberLink(db, member.id, clock.now())) ?? '';
    const session = (await spendLoginToken(db, link, clock.now()))?.session ?? '';
    const ask = async (path: string, form?: Record<string, string>) =>
      await routes.app.request(`https://${HOST}${path}`, {
        headers: {
          host: HOST,
          cookie: `weike_session=${session}`,
          ...(form ? { origin: `https://${HOST}`, 'content-type': 'application/x-www-form-urlencoded' } : {}),
        },
        ...(form ? { method: 'POST', body: new URLSearchParams(form).toString() } : {}),
      });
    return { id: member.id, ask, page: async (path: string) => await (await ask(path)).text() };
  }

  it('shows the figures of the digests, with their bases, and what is under each', async () => {
    const { page, ask } = await comeIn(BRANCH);
    const id = await unitId(BRANCH);
    const week = spanAround('week', '2026-11-24');
    const counts = (await readUnitCounts(school.db, week, id)).counts.get(id);
    if (!counts) throw new Error('no counts');
    const shown = await page('/participation?day=2026-11-24');
    for (const words of [
      sayParts(learningRate(counts)),
      sayPercent(learningRate(counts)),
      sayParts(shareRight(counts)),
      sayPercent(shareRight(counts)),
    ])
      expect(shown).toContain(words);
    expect(counts).toMatchObject({ learned: 2, answers: 6, correct: 5, checkins: 1 });
    expect(shown).toContain('横州和茉莉花');
    const everybody = await page(`/participation/people?unit=${id}&kind=week&day=2026-11-24&who=all`);
    expect(everybody).toMatch(/黄秀兰[^]*3 \/ 3/);
    const missing = await page(`/participation/people?unit=${id}&kind=week&day=2026-11-24&who=missing`);
    expect(missing).not.toContain('黄秀兰');
    expect(missing).toContain('覃小燕');
    // Another span shows the same people of it, and where it has today in it the one with today.
    const today = localDay(school.clock.now(), 'Asia/Shanghai');
    const month = await page(`/participation/people?unit=${id}&kind=month&day=2026-11-01&who=missing`);
    for (const [kind, day] of Object.entries({ day: today, week: today, quarter: today }))
      expect(month).toContain(`unit=${id}&amp;kind=${kind}&amp;day=${day}&amp;who=missing`);
    expect(month).toContain(`unit=${id}&amp;kind=month&amp;day=2026-10-01&amp;who=missing`);
    expect(month).toContain('<input type="hidden" name="who" value="missing" />');
    const past = await page(`/participation?unit=${id}&kind=month&day=2026-10-07`);
    expect(past).toContain(`unit=${id}&amp;kind=week&amp;day=2026-10-01`);
    const [, member = ''] = /href="(\/participation\/member\/[^"]+)"[^>]*>黄秀兰/.exec(everybody) ?? [];
    expect(await page(member.replaceAll('&amp;', '&'))).toMatch(/横州和茉莉花[^]*第 1 题[^]*>对</);
    const [, quiz = ''] = /href="(\/participation\/quiz\/[^"]+)"[^>]*>横州和茉莉花/.exec(shown) ?? [];
    const answers = await page(quiz.replaceAll('&amp;', '&'));
    expect(answers).toMatch(/韦国强[^]*第 1 题[^]*A/);
    expect(answers).toMatch(/B 2021 年/);
    const chart = await ask(`/participation/trend.svg?unit=${id}&kind=week&day=2026-11-24`);
    expect(chart.headers.get('content-type')).toContain('image/svg+xml');
    expect(await chart.text()).toMatch(/<svg[^]*周二/);
  });

  it('takes several branches of one person together, and each by itself', async () => {
    const { db, clock } = school;
    const ann = await comeIn(BRANCH);
    const [own, far] = [await unitId(BRANCH), await unitId(OTHER)];
    expect((await ann.ask('/participation?unit=together')).status).toBe(404);
    await grantRole(db, { memberId: ann.id, role: 'secretary', unitId: far }, TERMINAL, clock.now());
    const week = spanAround('week', '2026-11-24');
    // Whoever goes from one to the other within the week is one.
    const moved = await db
      .selectFrom('member')
      .selectAll()
      .where('name', '=', '韦国强')
      .executeTakeFirstOrThrow();
    await changeMember(db, moved, { unitId: far }, '2026-11-25', { who: 'test' }, clock.now());
    const both = { unitIds: [own, far], name: '我管的 2 个党组织' };
    const { counts } = await readUnitCounts(db, week, both);
    const sum = counts.get(TOGETHER) ?? NO_COUNTS;
    const [one = NO_COUNTS, other = NO_COUNTS] = [counts.get(own), counts.get(far)];
    expect(sum.base).toBe(one.base + other.base - 1);
    expect(sum).toMatchObject({ learned: 2, answers: 6, correct: 5, checkins: 1 });

    const shown = await ann.page('/participation?day=2026-11-24');
    for (const words of [
      '我管的 2 个党组织',
      sayParts(learningRate(sum)),
      sayParts(shareRight(sum)),
      BRANCH,
      OTHER,
    ])
      expect(shown).toContain(words);
    const people = await ann.page('/participation/people?unit=together&kind=week&day=2026-11-24&who=all');
    expect(people).toContain(`全部 ${sum.base}`);
    expect(people).not.toContain('我管的 2 个党组织/');
    expect((await ann.ask('/participation/trend.svg?unit=together')).status).toBe(200);
    expect(await ann.page('/participation/items?unit=together&day=2026-11-24')).toContain(
      '我管的 2 个党组织',
    );
    expect(await ann.page(`/participation?unit=${own}&day=2026-11-24`)).toContain(
      sayParts(learningRate(one)),
    );

    await ann.ask('/workbook/ask', { unit: 'together', kind: 'month', day: '2026-11-24', what: 'workbook' });
    await ann.ask('/workbook/ask', {
      unit: 'together',
      kind: 'month',
      day: '2026-11-24',
      what: 'deliveries',
    });
    await files.idle();
    const page = await ann.page('/workbook');
    expect(page).toContain('学习台账 我管的 2 个党组织 2026年11月');
    const jobs = await listExports(db, { ...TERMINAL, who: ann.id });
    const numberOf = (kind: string) => jobs.find((job) => job.kind === kind)?.no ?? 0;
    const path = join(dataDir, 'both.xlsx');
    writeFileSync(
      path,
      Buffer.from(await (await ann.ask(`/workbook/${numberOf('workbook')}`)).arrayBuffer()),
    );
    const units = (await readExcel(path)).find(({ sheet }) => sheet === '党组织')?.data ?? [];
    const month = (await readUnitCounts(db, spanAround('month', '2026-11-24'), both)).counts.get(TOGETHER);
    expect(units.slice(1).map(([name]) => String(name).trim())).toEqual(['我管的 2 个党组织', BRANCH, OTHER]);
    expect(units[1]?.slice(1, 3)).toEqual([month?.base, month?.learned]);
    const sent = await (await ann.ask(`/workbook/${numberOf('deliveries')}`)).text();
    for (const group of ['huacha', 'cuntao']) expect(sent).toContain(group);
    // Of what they answer for no more they get nothing.
    await revokeRole(db, { memberId: ann.id, role: 'secretary', unitId: far }, TERMINAL, clock.now());
    expect((await ann.ask(`/workbook/${numberOf('workbook')}`)).status).toBe(404);
    expect((await ann.ask('/participation?unit=together')).status).toBe(404);
  });

  it('shows of another branch nothing, wherever one asks for it', async () => {
    const { ask } = await comeIn(BRANCH);
    const theirs = await unitId(OTHER);
    const { id: member } = await school.db
      .selectFrom('member')
      .select('id')
      .where('unit_id', '=', theirs)
      .executeTakeFirstOrThrow();
    const { id: window } = await school.db
      .selectFrom('quiz_window')
      .innerJoin('chat_group', 'chat_group.id', 'quiz_window.group_id')
      .select('quiz_window.id')
      .where('chat_group.key', '=', 'cuntao')
      .executeTakeFirstOrThrow();
    for (const path of [
      `/participation?unit=${theirs}`,
      `/participation/people?unit=${theirs}`,
      `/participation/trend.svg?unit=${theirs}`,
      `/participation/member/${member}`,
      `/participation/quiz/${window}`,
      `/workbook?unit=${theirs}`,
    ])
      expect((await ask(path)).status, path).toBe(404);
    const form = { unit: theirs, kind: 'month', day: '2026-11-24', what: 'workbook' };
    expect((await ask('/workbook/ask', form)).status).toBe(404);
    expect(await school.db.selectFrom('export_job').select('id').execute()).toEqual([]);
  });

  it('says what to do where there is nothing, and takes any address for what it can be', async () => {
    const { page, ask } = await comeIn(BRANCH);
    expect(await page('/participation?day=2020-01-01')).toMatch(/名册上没有人|没有课发到群里/);
    for (const path of [
      '/participation?day=2026-99-99',
      '/participation?kind=century&with=x',
      '/participation/people?page=-4',
    ])
      expect((await ask(path)).status, path).toBe(200);
  });

  it('makes the workbook that was asked for, with the same figures, harmless and open to another program', async () => {
    const { db, clock } = school;
    await addMember(
      db,
      { name: '=HYPERLINK("http://x","点我")', unit: BRANCH },
      { who: 'test' },
      clock.now(),
    );
    const { id, ask, page } = await comeIn(BRANCH);
    const unit = await unitId(BRANCH);
    const asked = await ask('/workbook/ask', { unit, kind: 'month', day: '2026-11-24', what: 'workbook' });
    expect(asked.status).toBe(303);
    await files.idle();
    const [job] = await listExports(db, { ...TERMINAL, who: id });
    expect(job).toMatchObject({ state: 'ready', unit: BRANCH });
    expect(await page('/workbook')).toMatch(/学习台账 花茶协会党支部 2026年11月[^]*下载/);
    const file = await ask(`/workbook/${job?.no ?? 0}`);
    expect(file.headers.get('content-disposition')).toContain(
      encodeURIComponent('学习台账 花茶协会党支部 2026年11月.xlsx'),
    );
    const path = join(dataDir, 'fetched.xlsx');
    writeFileSync(path, Buffer.from(await file.arrayBuffer()));
    const sheets = await readExcel(path);
    expect(sheets.map(({ sheet }) => sheet)).toEqual([
      '封面',
      '党组织',
      '人员',
      '微课',
      '动态和通知',
      '投递',
      '说明',
    ]);
    const rowsOf = (name: string) => sheets.find(({ sheet }) => sheet === name)?.data ?? [];
    const counts = (await readUnitCounts(db, spanAround('month', '2026-11-24'), unit)).counts.get(unit);
    expect(rowsOf('党组织')[1]?.slice(1, 3)).toEqual([counts?.base, counts?.learned]);
    const people = rowsOf('人员');
    expect(people.find(([name]) => name === '黄秀兰')?.slice(4)).toEqual([1, 3, 3, '100%', 1]);
    // Text stays text: nothing in it is a formula.
    expect(people.map(([name]) => name)).toContain('=HYPERLINK("http://x","点我")');
    expect(rowsOf('投递').some((row) => row.includes('到群了'))).toBe(true);
  });

  it('writes the facts as CSV, and gives a file to nobody but who asked', async () => {
    const { ask, id } = await comeIn(BRANCH);
    const unit = await unitId(BRANCH);
    for (const what of ['answers', 'checkins', 'deliveries'])
      await ask('/workbook/ask', { unit, kind: 'month', day: '2026-11-24', what });
    await files.idle();
    const jobs = await listExports(school.db, { ...TERMINAL, who: id });
    const rowsOf = async (kind: string) => {
      const text = await (await ask(`/workbook/${jobs.find((job) => job.kind === kind)?.no ?? 0}`)).text();
      return parse<Record<string, string>>(text, { bom: true, columns: true });
    };
    expect((await rowsOf('answers')).map(({ member, value }) => [member, value])).toEqual([
      ['黄秀兰', 'B'],
      ['黄秀兰', 'B'],
      ['黄秀兰', '错'],
      ['韦国强', 'A'],
      ['韦国强', 'B'],
      ['韦国强', '错'],
    ]);
    expect(await rowsOf('checkins')).toMatchObject([{ member: '黄秀兰', group: 'huacha' }]);
    expect((await rowsOf('deliveries')).every(({ group }) => group === 'huacha')).toBe(true);
    const deputy = await comeIn(BRANCH, '副书记');
    for (const { no } of jobs) expect((await deputy.ask(`/workbook/${no}`)).status).toBe(404);
  });

  it('goes on after a stop, tells of a failure, and forgets a file after a week', async () => {
    const { db, clock } = school;
    const span = spanAround('month', '2026-11-24');
    const unit = await unitId(BRANCH);
    await files.close();
    const job = await askExport(db, { kind: 'workbook', whose: unit, span }, TERMINAL, clock.now());
    const again = openExports({ db, clock, log: silentLog, dataDir, zone: 'Asia/Shanghai' });
    again.poke();
    await until(async () => (await getExport(db, TERMINAL, job.no)).state === 'ready');
    expect(readdirSync(exportsDir(dataDir))).toEqual([`${job.id}.xlsx`]);
    // Somebody put a file where the folder should be.
    await rm(exportsDir(dataDir), { recursive: true });
    writeFileSync(exportsDir(dataDir), '');
    const failing = await askExport(db, { kind: 'answers', whose: unit, span }, TERMINAL, clock.now());
    again.poke();
    await until(async () => (await getExport(db, TERMINAL, failing.no)).state !== 'waiting');
    expect(await getExport(db, TERMINAL, failing.no)).toMatchObject({ state: 'failed' });
    await rm(exportsDir(dataDir));
    for (let asked = 0; asked < 5; asked += 1)
      await askExport(db, { kind: 'checkins', whose: unit, span }, TERMINAL, clock.now());
    await expect(
      askExport(db, { kind: 'checkins', whose: unit, span }, TERMINAL, clock.now()),
    ).rejects.toThrow('等一等');
    again.poke();
    await until(async () => (await listExports(db, TERMINAL)).every(({ state }) => state !== 'waiting'));
    clock.advance(8 * 86_400_000);
    again.poke();
    await until(async () => (await listExports(db, TERMINAL)).length === 0);
    await again.close();
    expect(readdirSync(exportsDir(dataDir))).toEqual([]);
  });
});
