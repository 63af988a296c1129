/** 题库 by requests: found, written, looked at, put right, retired; files brought in and taken away; figures equal to the terminal's. */
import { execFile } from 'node:child_process';
import { gzipSync } from 'node:zlib';

import exceljs from 'exceljs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DAY } from '../../src/clock.ts';
import { addMember } from '../../src/people/members.ts';
import { setPolicy } from '../../src/people/policies.ts';
import { grantRole, revokeRole } from '../../src/people/roles.ts';
import { TERMINAL } from '../../src/people/scope.ts';
import { addItems, drawQuestions, getItem, listItems, type NewItem } from '../../src/quiz/bank.ts';
import { planItems, readItemFile } from '../../src/quiz/import-items.ts';
import { itemSheets, templateSheets } from '../../src/quiz/item-table.ts';
import { listBankStats } from '../../src/quiz/item-responses.ts';
import { writeWorkbook } from '../../src/sheets/write.ts';
import { makeRoutes } from '../../src/web/server.ts';
import { closeDrawn, drawingLesson, giveAnswer, openDrawn } from '../support/bank.ts';
import { openDesk, type TestDesk } from '../support/desk.ts';
import { makeZip } from '../support/zip.ts';

const EVIL = '<script>alert(1)</script><img src=x onerror=alert(1)>"\'';
const question = (stem: string, more: Partial<NewItem> = {}): NewItem => ({
  type: 'single',
  stem,
  options: ['窗台', '柜子', '灶台'],
  key: ['B'],
  explanation: '怕潮',
  tags: ['保鲜'],
  source: 'test',
  ...more,
});

describe('the bank in the console', () => {
  let desk: TestDesk;
  let ann: Awaited<ReturnType<TestDesk['as']>>;
  let chief: Awaited<ReturnType<TestDesk['as']>>;
  let second: Awaited<ReturnType<TestDesk['as']>>;
  beforeEach(async () => {
    desk = await openDesk();
    ann = await desk.as(desk.county.own.secretary.id);
    chief = await desk.as(desk.county.chief.id);
    const other = await addMember(desk.db, { name: '县管二', unit: '县委' }, { who: 'test' }, 1_000);
    await grantRole(desk.db, { memberId: other.id, role: 'county', unitId: null }, TERMINAL, 1_000);
    second = await desk.as(other.id);
  });
  afterEach(async () => await desk.close());

  const audited = async () =>
    (
      await desk.db.selectFrom('audit').select('what').where('what', 'like', 'bank.%').orderBy('id').execute()
    ).map(({ what }) => what);

  /** A file, as a browser sends it. */
  async function upload(who: typeof ann, name: string, bytes: Uint8Array | string, fields = {}) {
    const body = new FormData();
    const content = typeof bytes === 'string' ? bytes : new Uint8Array(bytes);
    body.append('file', new File([content], name));
    for (const [key, value] of Object.entries(fields)) body.append(key, String(value));
    const { app, close } = makeRoutes(desk.parts);
    const answer = await app.request(`${desk.base}/bank/import`, {
      method: 'POST',
      body,
      headers: { origin: desk.base, host: new URL(desk.base).host, cookie: `weike_session=${who.session}` },
    });
    close();
    const said = answer.headers
      .getSetCookie()
      .map((one) => decodeURIComponent(one))
      .join(' ');
    const page = await answer.text();
    return { status: answer.status, page, said, key: /name="key" value="([\w-]+)"/.exec(page)?.[1] ?? '' };
  }

  it('finds by words and by tag, in pages, and says what to do where there is nothing', async () => {
    expect(await chief.page('/bank')).toMatch(/题库还是空的[\s\S]*导入/);
    const many = Array.from({ length: 60 }, (_, at) =>
      question(`第 ${at} 问 100%`, { tags: at < 5 ? ['少'] : ['多'] }),
    );
    await addItems(desk.db, [...many, question('茉莉 Tea 怎么存')], 'cli', 1);
    const first = await chief.page('/bank');
    expect(first.match(/class="go"/g)).toHaveLength(50);
    expect(first).toContain('61 题');
    const next = /class="more-of"\s+href="([^"]+)"/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect((await chief.page(next)).match(/class="go"/g)).toHaveLength(11);
    expect((await chief.page('/bank?tag=%E5%B0%91')).match(/class="go"/g)).toHaveLength(5);
    for (const q of ['茉莉', 'tea', 'TEA', '柜子'])
      expect(await chief.page(`/bank?q=${encodeURIComponent(q)}`)).toContain('茉莉');
    // Signs of the database's own stand for themselves.
    expect((await chief.page('/bank?q=0%25')).match(/class="go"/g)?.length).toBe(50);
    expect(await chief.page('/bank?q=_')).toContain('没有这样的题');
    expect(gzipSync(first).length).toBeLessThan(20_000);
  });

  it('writes, lets another look, draws only then', async () => {
    const answer = await chief.post('/bank/new', {
      type: 'multi',
      stem: '最怕什么',
      'option-A': '潮',
      'option-B': '',
      'option-C': '光',
      'option-D': '低温',
      key: 'AC',
      tags: '保鲜，夏天',
    });
    expect(answer.headers.get('location')).toBe('/bank/1');
    // A browser forgets by this what it kept of the form: it has arrived.
    expect(await chief.page('/bank/new')).toMatch(/data-keep="bank-new"\s+data-base="1"/);
    // The letters moved up over the empty option.
    expect(await getItem(desk.db, 1)).toMatchObject({
      options: ['潮', '光', '低温'],
      key: ['A', 'B'],
      tags: ['保鲜', '夏天'],
    });
    const draw = () => drawQuestions(desk.db, [{ tag: '夏天', count: 1 }], 'x', 1);
    expect(await draw()).toEqual([]);
    expect(await chief.page('/bank/1')).toContain('自己写的要别人来看');
    await chief.post('/bank/approve', { no: '1', version: '1' });
    expect(await chief.page('/bank')).toContain('自己写的题要别人来看');
    expect(await draw()).toEqual([]);
    expect(await chief.page('/')).not.toContain('等人看');
    expect(await second.page('/')).toContain('题库有 1 道题等人看');
    await second.post('/bank/approve', { no: '1', version: '1' });
    expect(await second.page('/')).not.toContain('等人看');
    expect(await draw()).toHaveLength(1);
    expect(await audited()).toEqual(['bank.import', 'bank.approve']);
    // Where the county asks for nobody's look, it counts at once.
    await setPolicy(desk.db, 'reviewers', '0', {}, 'test', Date.now());
    await chief.post('/bank/new', { type: 'truefalse', stem: '不用看', key: '√', tags: '夏天' });
    expect(await drawQuestions(desk.db, [{ tag: '夏天', count: 9 }], 'x', 1)).toHaveLength(2);
  });

  it('asks for as many looks as lessons need, and says how many are missing', async () => {
    await setPolicy(desk.db, 'reviewers', '2', {}, 'test', Date.now());
    const other = await addMember(desk.db, { name: '县管三', unit: '县委' }, { who: 'test' }, 1_000);
    await grantRole(desk.db, { memberId: other.id, role: 'county', unitId: null }, TERMINAL, 1_000);
    const third = await desk.as(other.id);
    await chief.post('/bank/new', { type: 'truefalse', stem: '怕潮', key: '√', tags: '夏天' });
    expect(await chief.page('/bank/1')).toMatch(/自己写的要别人来看，还要 2\s*个人看过才会抽到/);
    expect(await second.page('/bank/1')).toMatch(/看过了，可以抽[\s\S]*还要 2\s*个人看过才会抽到/);
    await second.post('/bank/approve', { no: '1', version: '1' });
    expect(await second.page('/bank/1')).toMatch(/记下了，还要 1\s*个人[\s\S]*您看过了，还要 1\s*个人看过/);
    expect(await second.page('/bank/1')).not.toContain('action="/bank/approve"');
    expect(await second.page('/')).not.toContain('等人看');
    expect(await drawQuestions(desk.db, [{ tag: '夏天', count: 1 }], 'x', 1)).toEqual([]);
    expect(await third.page('/')).toContain('题库有 1 道题等人看');
    await third.post('/bank/approve', { no: '1', version: '1' });
    expect(await third.page('/bank/1')).toContain('第 1 题可以抽了');
    expect(await drawQuestions(desk.db, [{ tag: '夏天', count: 1 }], 'x', 1)).toHaveLength(1);
  });

  it('says what is wrong with what was written, and keeps every word of it', async () => {
    const answer = await chief.post('/bank/new', {
      type: 'single',
      stem: '放哪里',
      'option-A': '甲',
      'option-B': '',
      'option-C': '乙',
      key: 'B',
    });
    expect(answer.status).toBe(409);
    const page = await answer.text();
    // B was left empty: its letter is nobody else's.
    for (const words of ['不存在的选项', '放哪里', 'value="乙"']) expect(page).toContain(words);
    expect(await listItems(desk.db)).toEqual([]);
  });

  it('changes a key after a look at what it does, marks anew, and names who changed it', async () => {
    await addItems(desk.db, [question('放哪里')], 'cli', 1);
    const window = await openDrawn(desk.db, {
      source: drawingLesson('a', '保鲜', 1),
      opensAt: Date.now() - DAY,
    });
    const pupil = desk.county.own.member.id;
    await giveAnswer(desk.db, window.id, {
      memberId: pupil,
      question: 2,
      value: 'C',
      at: Date.now() - DAY + 1,
    });
    await closeDrawn(desk.db, window.id, Date.now());
    const fields = {
      version: '1',
      stem: '放哪里',
      'option-A': '窗台',
      'option-B': '柜子',
      'option-C': '灶台',
      key: 'C',
      explanation: '怕潮',
      tags: '保鲜',
    };
    const look = await (await chief.post('/bank/1/look', fields)).text();
    expect(look).toMatch(
      /1 次小测<\/b>\s*要重新判：1\s*个人的\s*1\s*个答案，其中\s*1\s*个改成对，0\s*个改成错/,
    );
    expect((await getItem(desk.db, 1)).key).toEqual(['B']);
    const same = await (await chief.post('/bank/1/look', { ...fields, key: 'B' })).text();
    expect(same).toContain('没有要改的');
    // The press that follows has the fields that were looked at.
    const kept = Object.fromEntries(
      [...look.matchAll(/type="hidden" name="([\w-]+)" value="([^"]*)"/g)].map(
        ([, name = '', value = '']) => [name, value],
      ),
    );
    expect(kept).toMatchObject(fields);
    await chief.post('/bank/1/edit', kept);
    const page = await chief.page('/bank/1');
    for (const words of ['改好了，重新判了 1 个答案', '，重新判了 1 个答案', '第 2 稿', '第 1 稿', '县管'])
      expect(page).toContain(words);
    expect(await desk.db.selectFrom('answer').select('correct').execute()).toEqual([{ correct: 1 }]);
    await chief.post('/bank/1/undo', { version: '2', reworded: '' });
    expect(await chief.page('/bank/1')).toMatch(/1 个答案也判回去了[\s\S]*第 3 稿/);
    expect(await desk.db.selectFrom('answer').select('correct').execute()).toEqual([{ correct: 0 }]);
    await chief.post('/bank/1/undo', { version: '2', reworded: '' });
    expect(await chief.page('/bank/1')).toContain('刚刚被别人改过');
    await chief.post('/bank/1/edit', { ...kept, key: 'A' });
    expect(await chief.page('/bank/1')).toContain('刚刚被别人改过');
    // Back to what it was, by the same look.
    expect(await chief.page('/bank/1?from=1')).toMatch(
      /下面填的是第 1 稿[\s\S]*name="key" maxlength="200" value="B"/,
    );
  });

  it('retires with an undo, and brings back unless another asks the same', async () => {
    await addItems(desk.db, [question('放哪里')], 'cli', 1);
    await chief.post('/bank/retire', { no: '1' });
    const page = await chief.page('/bank/1');
    for (const words of ['停用了，不再抽到', 'action="/bank/restore"']) expect(page).toContain(words);
    expect(await listItems(desk.db)).toEqual([]);
    // Put right where it is: it stays out, and waits for a look when it is back.
    const fields = { 'option-A': '窗台', 'option-B': '柜子', 'option-C': '灶台', key: 'C', tags: '保鲜' };
    expect(page).toMatch(/停用着也能改[\s\S]*action="\/bank\/1\/look"/);
    await chief.post('/bank/1/edit', { ...fields, version: '1', stem: '放哪里' });
    expect(await chief.page('/bank/1')).toContain('改好了。它还停用着');
    expect(await listItems(desk.db)).toEqual([]);
    await chief.post('/bank/1/undo', { version: '2', reworded: '' });
    expect(await getItem(desk.db, 1)).toMatchObject({ key: ['B'], version: 3, isApproved: false });
    await chief.post('/bank/restore', { no: '1' });
    expect(await chief.page('/bank/1')).toContain('恢复了，要别人看过才会抽到');
    expect(await listItems(desk.db)).toHaveLength(1);
    await chief.post('/bank/retire', { no: '1' });
    await addItems(desk.db, [question('放哪里')], 'cli', 2);
    await chief.post('/bank/restore', { no: '1' });
    expect(await chief.page('/bank')).toContain('已经有一样的第 2 题');
    expect((await chief.get('/bank/99')).status).toBe(404);
  });

  it('lets a branch look and change nothing', async () => {
    await addItems(desk.db, [question('放哪里')], 'cli', 1);
    const page = await ann.page('/bank/1');
    expect(page).toContain('放哪里');
    expect(page).not.toMatch(/改这道题|停用<\/button>/);
    for (const [path, fields] of [
      ['/bank/retire', { no: '1' }],
      ['/bank/1/edit', { version: '1', stem: '改', 'option-A': '甲', 'option-B': '乙', key: 'A' }],
      ['/bank/new', { type: 'truefalse', stem: '新', key: '对' }],
      ['/bank/approve', { no: '1', version: '1' }],
    ] as const)
      await ann.post(path, fields);
    expect((await upload(ann, 'a.gift', '甲？ {=乙 ~丙}')).said).toContain('由县里管理员改');
    expect(await audited()).toEqual(['bank.import']);
    expect(await getItem(desk.db, 1)).toMatchObject({ stem: '放哪里', version: 1, retiredAt: null });
    // A role that was taken back ends what waits for the press.
    const { key } = await upload(chief, 'a.gift', '甲？ {=乙 ~丙}');
    await revokeRole(
      desk.db,
      { memberId: desk.county.chief.id, role: 'county', unitId: null },
      TERMINAL,
      Date.now(),
    );
    await chief.post('/bank/import/take', { key });
    expect(await listItems(desk.db)).toHaveLength(1);
  });

  it('offers whom the bank is not open to only what they may bring in', async () => {
    const page = await ann.page('/bank/import');
    expect(page).toContain('accept=".docx,.md"');
    expect(page).toContain('请县里的管理员导入');
    expect(await chief.page('/bank/import')).toMatch(/accept="[^"]*\.gift/);
  });

  it('shows what a file holds as the terminal does, and takes it once, from its owner only', async () => {
    const bytes = await writeWorkbook(templateSheets());
    const { page, key } = await upload(chief, 'tiku.xlsx', bytes, { tags: '新的' });
    expect(page).toMatch(/会收\s*<b>6 道题/);
    const carried = await readItemFile('tiku.xlsx', bytes);
    const planned = await planItems(desk.db, carried, 'tiku.xlsx');
    for (const { where } of planned.fresh) expect(page).toContain(where);
    expect(await listItems(desk.db)).toEqual([]);
    await second.post('/bank/import/take', { key });
    expect(await second.page('/bank/import')).toContain('重新选文件');
    // A restart in between loses nothing: it lies in the database.
    await chief.post('/bank/import/take', { key });
    expect(await chief.page('/bank?state=waiting')).toMatch(/收下了 6 道题。要别人看过才会抽到/);
    expect((await listItems(desk.db)).every(({ tags }) => tags.includes('新的'))).toBe(true);
    await chief.post('/bank/import/take', { key });
    expect(await chief.page('/bank')).toContain('已经收过');
    const again = await upload(chief, 'tiku.xlsx', bytes);
    expect(again.page).toMatch(/没有能收的题[\s\S]*题库里已经有这道题/);
    expect(await listItems(desk.db)).toHaveLength(6);
  });

  it('forgets a file after a day, and keeps no more than a few of one person', async () => {
    const { key } = await upload(chief, 'a.gift', '甲？ {=乙 ~丙}');
    await desk.db
      .updateTable('upload')
      .set({ created_at: Date.now() - DAY - 1 })
      .execute();
    await chief.post('/bank/import/take', { key });
    expect(await chief.page('/bank/import')).toContain('隔了一天');
    for (let at = 0; at < 8; at += 1) await upload(chief, 'a.gift', `甲${at}？ {=乙 ~丙}`);
    expect(await desk.db.selectFrom('upload').select('id').execute()).toHaveLength(5);
  });

  it('names sheet, row and column of what it can not take, of formulas, merged cells, GBK', async () => {
    const book = new exceljs.Workbook();
    const sheet = book.addWorksheet('保鲜题');
    sheet.addRow(['题型', '题目', '选项A', '选项B', '答案']);
    sheet.addRow(['单选', '好的', '甲', '乙', 'A']);
    sheet.addRow(['单选', '没答案', '甲', '乙', '']);
    sheet.addRow(['单选', { formula: 'A1' } as never, '甲', '乙', 'A']);
    sheet.addRow(['单选', '合并', '甲', '乙', 'A']);
    sheet.mergeCells('C5:D5');
    sheet.addRow(['怪题', '题型不对', '甲', '乙', 'A']);
    const { page } = await upload(chief, 'q.xlsx', new Uint8Array(await book.xlsx.writeBuffer()));
    expect(page).toMatch(/会收\s*<b>1 道题/);
    for (const words of [
      '「保鲜题」第 3 行 E 列</b>：没有写对的答案',
      '「保鲜题」第 4 行 B 列</b>：公式没有算出结果',
      '「保鲜题」第 5 行 C 列</b>：有合并的单元格',
      '「保鲜题」第 6 行 A 列</b>：不认识题型「怪题」',
    ])
      expect(page).toContain(words);
    // 题目,答案 and 密封对不对,对 in GBK.
    const gbk = Buffer.from('cce2c4bf2cb4f0b0b80d0ac3dcb7e2b6d4b2bbb6d42cb6d40d0a', 'hex');
    expect((await upload(chief, 'gbk.csv', gbk)).page).toMatch(/会收\s*<b>1 道题[\s\S]*密封对不对/);
  });

  it('holds what lies about its kind, explodes, or is none of its business', async () => {
    const bomb = makeZip([
      { name: 'xl/workbook.xml', bytes: '<workbook/>' },
      { name: 'xl/worksheets/sheet1.xml', bytes: Buffer.alloc(64 * 1024 * 1024) },
    ]);
    const lying = makeZip([{ name: 'xl/workbook.xml', bytes: Buffer.alloc(10_000_000), claims: 10 }]);
    for (const [name, bytes, why] of [
      ['bomb.xlsx', bomb, /太大/],
      ['lying.xlsx', lying, /太大|打不开/],
      ['bomb.docx', bomb, /不是 Word|太大|打不开/],
      ['zip.gift', makeZip([{ name: 'a', bytes: 'a' }]), /不是文本文件|编码/],
      ['old.xls', Buffer.from('d0cf11e0a1b11ae1', 'hex'), /旧的 Office/],
      [
        'old.xlsx',
        Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(100)]),
        /旧的 .xls|密码/,
      ],
      ['program.exe', Buffer.from('MZ'), /题库收 Excel/],
      ['large.gift', Buffer.alloc(6 * 1024 * 1024, 0x61), /超过 5 MB/],
      ['empty.gift', Buffer.alloc(0), /没有选文件/],
    ] as const) {
      const { status, said } = await upload(chief, name, bytes);
      expect([name, status]).toEqual([name, 303]);
      expect(said, name).toMatch(why);
    }
    expect((await upload(chief, 'text.xlsx', '只是文字')).page).toMatch(/没有找到表头/);
    expect(await desk.db.selectFrom('upload').select('name').where('kind', '=', 'bank').execute()).toEqual([
      { name: 'text.xlsx' },
    ]);
  });

  it('takes a lesson as a draft, after a look at it', async () => {
    const source = '---\ntitle: 夏天存茶\n---\n\n密封。\n\n## 小测\n\n1. 对不对？\n\n   答案：对\n';
    const other = await desk.as(desk.county.other.secretary.id);
    const { page, key } = await upload(ann, '课.md', source);
    expect(page.replaceAll(/\s+/g, '')).toContain('《夏天存茶》1道题');
    expect(await desk.db.selectFrom('lesson_draft').selectAll().execute()).toEqual([]);
    const stolen = await other.post('/lessons/import/take', { key });
    expect(stolen.headers.get('location')).toBe('/lessons');
    expect(await desk.db.selectFrom('lesson_draft').selectAll().execute()).toEqual([]);
    const answer = await ann.post('/lessons/import/take', { key });
    expect(answer.headers.get('location')).toBe('/lessons/d/1');
    expect(await ann.page('/lessons/d/1')).toContain('夏天存茶');
  });

  it('shows words as words, whatever stands in questions, tags and names of files', async () => {
    const { page, key } = await upload(
      chief,
      `${EVIL.replaceAll('/', '')}.csv`,
      `题目,答案,标签\n"${EVIL.replaceAll('"', '""')}",对,${EVIL.replaceAll(/["',]/g, '')}\n`,
    );
    await chief.post('/bank/import/take', { key });
    const pages = [page];
    for (const path of ['/bank?state=waiting', '/bank/1']) pages.push(await chief.page(path));
    const looked = await chief.post('/bank/1/look', {
      version: '1',
      stem: EVIL,
      key: '错',
      explanation: EVIL,
      tags: EVIL,
    });
    pages.push(await looked.text());
    for (const one of pages) {
      expect(one).toContain('alert(1)');
      expect(one).not.toMatch(/<script>alert|<img src=x/);
    }
  });

  it('gives the bank as Excel, GIFT and Markdown, and says what does not fit', async () => {
    const item = question('=HYPERLINK("http://evil")', { explanation: '@SUM(1)' });
    await addItems(desk.db, [item, question('先后', { type: 'order', key: ['B', 'A', 'C'] })], 'cli', 1);
    expect(await chief.page('/bank/export')).toMatch(/第 2 题<\/b>：GIFT 没有排序题/);
    const file = async (format: string) => {
      const answer = await chief.get(`/bank/export/${format}`);
      expect(answer.headers.get('content-disposition')).toMatch(/^attachment/);
      return new Uint8Array(await answer.arrayBuffer());
    };
    expect(Buffer.from(await file('gift')).toString()).toContain('柜子');
    expect(Buffer.from(await file('md')).toString()).toMatch(/1\. =HYPERLINK[\s\S]*- \[x\] 柜子/);
    const book = new exceljs.Workbook();
    await book.xlsx.load((await file('xlsx')).buffer);
    const cells: unknown[] = [];
    book.eachSheet((sheet) =>
      sheet.eachRow((row) => row.eachCell((cell) => cells.push(cell.formula, cell.value))),
    );
    expect(cells.filter((one) => typeof one === 'object' && one !== null)).toEqual([]);
    expect(cells.some((one) => String(one).includes('HYPERLINK'))).toBe(true);
    expect(Buffer.from(await writeWorkbook(itemSheets([item])))).toBeInstanceOf(Buffer);
    expect((await chief.get('/bank/template.xlsx')).status).toBe(200);
    expect((await chief.get('/bank/export/exe')).status).toBe(404);
  });

  describe('with answers', () => {
    /** Twelve answer in two quizzes; whoever knows the rest chooses C. */
    async function answerAll() {
      await addItems(desk.db, [question('放哪里')], 'cli', 1);
      const at = Date.parse('2026-11-24T20:00:00+08:00');
      const windows = [];
      for (const [index, groupId] of [desk.county.own.group.id, desk.county.other.group.id].entries())
        windows.push(
          await openDrawn(desk.db, {
            source: drawingLesson(`w${index}`, '保鲜', 1),
            opensAt: at + index,
            groupId,
          }),
        );
      const members = [];
      for (let no = 0; no < 12; no += 1)
        members.push((await addMember(desk.db, { name: `人${no}`, unit: '甲支部' }, { who: 'test' }, at)).id);
      for (const [no, memberId] of members.entries()) {
        const windowId = windows[no % 2]?.id ?? '';
        const isGood = no < 9;
        await giveAnswer(desk.db, windowId, {
          memberId,
          question: 1,
          value: isGood ? '对' : '错',
          at: at + no + 2,
        });
        await giveAnswer(desk.db, windowId, {
          memberId,
          question: 2,
          value: isGood ? 'C' : 'B',
          at: at + no + 2,
        });
      }
      return windows;
    }
    const PERIOD = 'kind=month&day=2026-11-01';

    it('shows how good each question is, of a unit and a span, down to the answers; equal to the terminal', async () => {
      await answerAll();
      const list = await chief.page(`/participation/items?${PERIOD}`);
      expect(list).toMatch(
        /题库第 1 题[\s\S]*?>12<[\s\S]*?25%[\s\S]*?-1\.00[\s\S]*?B 3，C 9[\s\S]*?答案可能错了/,
      );
      const at =
        /href="(\/participation\/items\/bank\/1[^"]*)"/.exec(list)?.[1]?.replaceAll('&amp;', '&') ?? '';
      const page = await chief.page(at);
      expect(page.match(/\/participation\/member\//g)).toHaveLength(12);
      expect(page).toMatch(/C\s+灶台[\s\S]*?9 \/ 12/);
      const [stats] = await listBankStats(desk.db, {});
      expect(stats?.stats).toMatchObject({
        answers: 12,
        facility: 0.25,
        chosen: { B: 3, C: 9 },
        flags: ['key-suspect'],
      });
      // A branch sees its own group's six.
      const own = await ann.page(`/participation/items?${PERIOD}`);
      expect(own).toMatch(/题库第 1 题[\s\S]*?>6</);
      expect(await ann.page('/bank/1')).toMatch(/1 次小测抽到过[\s\S]*?6 人次/);
      expect(await chief.page('/bank/1')).toMatch(/2 次小测抽到过[\s\S]*?12 人次/);
      expect(
        (await ann.get(`/participation/items/bank/1?unit=${desk.county.other.branch.id}&${PERIOD}`)).status,
      ).toBe(404);
      expect(await chief.page('/participation/items?kind=month&day=2026-10-01')).toContain('还没有人作答');
      // The lesson's own question, down to its answers.
      const lesson =
        /href="(\/participation\/items\/lesson\/[^"]*)"/.exec(own)?.[1]?.replaceAll('&amp;', '&') ?? '';
      expect((await ann.page(lesson)).match(/\/participation\/member\//g)).toHaveLength(6);
      // Put right, the figures follow.
      const item = await getItem(desk.db, 1);
      await chief.post('/bank/1/edit', {
        version: '1',
        stem: item.stem,
        ...Object.fromEntries(item.options.map((option, index) => [`option-${'ABC'[index]}`, option])),
        key: 'C',
        tags: '保鲜',
      });
      expect(await chief.page('/bank/1')).toMatch(/75%/);
    });

    it('prints the same figures from the terminal', async () => {
      await answerAll();
      const [stats] = await listBankStats(desk.db, {});
      const file = (await import('node:path')).join(desk.lessonsDir, 'copy.db');
      const { sql } = await import('kysely');
      await sql.raw(`vacuum into '${file}'`).execute(desk.db);
      const cli = new URL('../../src/cli.ts', import.meta.url).pathname;
      const run = (...args: string[]) =>
        new Promise<Record<string, unknown>[]>((resolve, reject) => {
          const env = { ...process.env, DATABASE_URL: `sqlite:${file}`, LOG_LEVEL: 'silent' };
          execFile(
            process.execPath,
            [cli, 'items', '--bank', '--json', ...args],
            { env, cwd: desk.lessonsDir },
            (error, out) => (error ? reject(error) : resolve(JSON.parse(out) as Record<string, unknown>[])),
          );
        });
      expect(await run()).toEqual([
        {
          no: 1,
          stem: '放哪里',
          type: 'single',
          key: ['B'],
          quizzes: 2,
          answers: 12,
          facility: stats?.stats.facility,
          discrimination: Number(stats?.stats.discrimination?.toFixed(3)),
          chosen: stats?.stats.chosen,
          flags: ['key-suspect'],
        },
      ]);
      expect(await run('--unit', '乙支部', '--from', '2026-11-01', '--to', '2026-11-30')).toMatchObject([
        { answers: 6 },
      ]);
      expect(await run('--to', '2026-11-01')).toEqual([]);
    });
  });
});
