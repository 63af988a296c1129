/** Files of the bank: brought in after a look at what they hold, taken away as a template, GIFT, Markdown or Excel. */
import type { Context, Hono } from 'hono';
import { html } from 'hono/html';

import { localDay } from '../../clock.ts';
import { UserError } from '../../errors.ts';
import { renderInline } from '../../lessons/chat.ts';
import { dropUpload, getUpload, keepUpload } from '../../people/uploads.ts';
import { type BankItem, listItems } from '../../quiz/bank.ts';
import { writeGift } from '../../quiz/gift.ts';
import { BANK_FILES, type ItemImport, planItems, readItemFile, takeItems } from '../../quiz/import-items.ts';
import { TYPE_NAMES } from '../../quiz/item.ts';
import { writeMarkdown } from '../../quiz/item-markdown.ts';
import { itemSheets, readTags, templateSheets, writeKey } from '../../quiz/item-table.ts';
import { writeWorkbook } from '../../sheets/write.ts';
import { attachment } from '../download.ts';
import { wordsOf } from '../words.ts';
import { acts } from './acting.ts';
import { mayWrite, writerOf } from './bank-writer.ts';
import { address, card, field, hidden, nothing, rows } from './draw.ts';
import { say } from './flash.ts';
import { drawLeft } from './left.ts';
import { broughtIn, isLessonFile, previewLesson } from './lesson-file.ts';
import { type ConsoleSite, deskOf } from './parts.ts';
import { shellPage } from './shell.ts';

const MOST_SHOWN = 100;
const LESSON_FILES = '.docx,.md';
const ACCEPTED = [...BANK_FILES, LESSON_FILES].join(',');

const FORMATS = {
  xlsx: {
    name: 'Excel',
    type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    about: '改好可以再导进来',
  },
  gift: { name: 'GIFT', type: 'text/plain; charset=utf-8', about: '给 Moodle 用' },
  md: { name: 'Markdown', type: 'text/markdown; charset=utf-8', about: '贴进一课的小测里' },
} as const;
type Format = keyof typeof FORMATS;

export function bankFileRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/bank/template.xlsx', async (c) =>
    sendFile(c, 'xlsx', '题库模板', await writeWorkbook(templateSheets())),
  );

  app.get('/bank/export', async (c) => {
    const { db } = deskOf(site, c);
    const tag = c.req.query('tag') ?? '';
    const items = await listItems(db, tag === '' ? undefined : tag);
    const { left } = writeGift(items.map(placed));
    return shellPage(c, site, {
      title: '导出题库',
      note: tag === '' ? `${items.length} 题` : `${tag}，${items.length} 题`,
      back: { path: '/bank', name: '题库' },
      body: html`${card(
        '存成什么',
        items.length === 0
          ? nothing('没有题可导。', html`<a class="button" href="/bank">看题库</a>`)
          : rows(
              (Object.keys(FORMATS) as Format[]).map((format) => ({
                what: FORMATS[format].name,
                note: FORMATS[format].about,
                end: html`<a
                  class="button small"
                  href="${address(`/bank/export/${format}`, { tag })}"
                  download
                  aria-label="下载 ${FORMATS[format].name}"
                  >下载</a
                >`,
              })),
            ),
      )}
      ${left.length > 0 ? card('GIFT 里写不下的', drawLeft(left), { note: `${left.length} 处` }) : ''}`,
    });
  });
  app.get('/bank/export/:format', async (c) => {
    const { db, now, zone } = deskOf(site, c);
    const format = c.req.param('format');
    if (!Object.hasOwn(FORMATS, format)) return c.notFound();
    const tag = c.req.query('tag') ?? '';
    const items = await listItems(db, tag === '' ? undefined : tag);
    const name = ['题库', tag, localDay(now, zone)].filter(Boolean).join(' ');
    const content =
      format === 'xlsx'
        ? await writeWorkbook(itemSheets(items))
        : format === 'gift'
          ? writeGift(items.map(placed)).text
          : writeMarkdown(items);
    return sendFile(c, format as Format, name, content);
  });

  app.get('/bank/import', (c) => {
    const mayFill = mayWrite(deskOf(site, c).actor);
    const lessons = '整课：Word（.docx）、Markdown（.md），先成草稿。';
    return shellPage(c, site, {
      title: '导入',
      back: { path: '/bank', name: '题库' },
      body: card(
        '选一个文件',
        html`<p>
            ${mayFill ? `题目：Excel（.xlsx）、CSV、GIFT（.gift、.txt）。${lessons}` : `${lessons}题目全县共用，请县里的管理员导入。`}
          </p>
          <p>先给您看会收什么、什么收不了，点了才收。</p>
          <form method="post" action="/bank/import" enctype="multipart/form-data">
            ${field('文件', html`<input type="file" name="file" accept="${mayFill ? ACCEPTED : LESSON_FILES}" required />`, '最大 5 MB。GBK 的也读。')}
            ${mayFill ? field('都加上标签', html`<input name="tags" maxlength="200" autocomplete="off" />`, '可以不写；几个用逗号隔开') : ''}
            <button class="button">先看一遍</button>
          </form>
          ${mayFill ? html`<p class="note"><a href="/bank/template.xlsx" download>下载 Excel 模板</a></p>` : ''}`,
      ),
    });
  });
  app.post('/bank/import', async (c) => {
    const desk = deskOf(site, c);
    const { db, actor, now } = desk;
    try {
      const body = await c.req.parseBody();
      const brought = await broughtIn(body.file);
      if (isLessonFile(brought.name)) return await previewLesson(c, desk, brought, '/bank/import');
      const { name, bytes } = brought;
      await writerOf(db, actor);
      const tags = readTags(typeof body.tags === 'string' ? body.tags : '');
      if (tags.some((tag) => [...tag].length > 30)) throw new UserError('标签超过 30 个字。');
      const plan = await planItems(db, await readItemFile(name, bytes), name);
      const key = await keepUpload(db, { kind: 'bank', name, bytes, options: { tags } }, actor.who, now);
      return shellPage(c, site, {
        title: '先看一遍',
        note: name,
        back: { path: '/bank/import', name: '换一个文件' },
        body: drawPlan(plan, key, tags),
      });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      say(c, site, { text: wordsOf(error), kind: 'bad' });
      return c.redirect('/bank/import', 303);
    }
  });
  app.post(
    '/bank/import/take',
    acts(site, '/bank/import', async (desk, form) => {
      const { db, actor, now } = desk;
      const id = form.get('key');
      const by = await writerOf(db, actor);
      const { name, bytes, options } = await getUpload(db, { id, kind: 'bank', owner: actor.who }, now);
      const tags = Array.isArray(options.tags) ? options.tags.map(String) : [];
      const { fresh } = await takeItems(db, await readItemFile(name, bytes), { name, tags }, by, now);
      await dropUpload(db, id);
      return {
        text: `收下了 ${fresh.length} 道题。${by.isTrusted ? '' : '要别人看过才会抽到。'}`,
        to: by.isTrusted ? '/bank' : '/bank?state=waiting',
      };
    }),
  );
}

const placed = (item: BankItem) => ({ ...item, where: `第 ${item.no} 题` });

function drawPlan({ fresh, left }: ItemImport, key: string, tags: readonly string[]) {
  return html`<div class="card">
      ${
        fresh.length === 0
          ? nothing(
              '没有能收的题，什么也没有改动。改好文件再来一次。',
              html`<a class="button" href="/bank/import">换一个文件</a>`,
            )
          : html`<p>
                会收
                <b>${fresh.length} 道题</b
                >${left.length > 0 ? `，${left.length} 处收不了或已经有了` : ''}。${tags.length > 0 ? `都加上标签：${tags.join('，')}。` : ''}
              </p>
              <form method="post" action="/bank/import/take">
                ${hidden({ key })}<button class="button">就这样收下</button>
              </form>`
      }
    </div>
    ${left.length > 0 ? card('收不了的，和已经有的', drawLeft(left), { note: `${left.length} 处` }) : ''}
    ${
      fresh.length > 0
        ? card(
            '会收的',
            html`${rows(
              fresh.slice(0, MOST_SHOWN).map(({ item, where }) => ({
                what: [...renderInline(item.stem)].slice(0, 120).join(''),
                note: [where, TYPE_NAMES[item.type], `答案 ${writeKey(item)}`, item.tags.join('，')]
                  .filter(Boolean)
                  .join(' · '),
              })),
            )}${fresh.length > MOST_SHOWN ? html`<p class="note">还有 ${fresh.length - MOST_SHOWN} 题</p>` : ''}`,
            { note: `${fresh.length} 题` },
          )
        : ''
    }`;
}

function sendFile(c: Context, format: Format, name: string, content: string | Uint8Array) {
  const safe = name.replaceAll(/[\\/:*?"<>|\p{Cc}]/gu, '_');
  const body = typeof content === 'string' ? content : new Uint8Array(content);
  return c.body(body, 200, {
    'Content-Type': FORMATS[format].type,
    'Content-Disposition': attachment(`bank.${format}`, `${safe}.${format}`),
    'Cache-Control': 'private, no-store',
  });
}
