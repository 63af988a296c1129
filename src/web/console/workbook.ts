/** 台账 and other files: asked for here, made while one does something else, fetched when they are ready. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import type { Hono } from 'hono';
import { html } from 'hono/html';

import { localDay, sayWhen } from '../../clock.ts';
import {
  askExport,
  type ExportJob,
  type ExportKind,
  exportsDir,
  fileOf,
  getExport,
  KEPT_FOR,
  listExports,
  ownerName,
  unitsOfJob,
} from '../../digest/export-jobs.ts';
import { saySpan, spanAround, spanBefore, spanOfPeriod } from '../../digest/spans.ts';
import { readTree } from '../../people/places.ts';
import { isInScope, notFound } from '../../people/scope.ts';
import { attachment } from '../download.ts';
import { acts } from './acting.ts';
import { card, field, nothing, pill, rows, select } from './draw.ts';
import { noTree, readAsked, unitChoices } from './participation.ts';
import { type ConsoleSite, deskOf, readNo } from './parts.ts';
import { shellPage } from './shell.ts';
import { readDay } from './week.ts';

const KINDS: Readonly<Record<ExportKind, { readonly name: string; readonly about: string }>> = {
  workbook: {
    name: '学习台账',
    about: 'Excel：封面、党组织、人员、微课、动态和通知、投递、说明，可以直接打印',
  },
  answers: { name: '答题明细', about: 'CSV：每人每题一行' },
  checkins: { name: '打卡明细', about: 'CSV：每次打卡一行' },
  deliveries: { name: '投递明细', about: 'CSV：每次发送一行' },
};
const isKind = (text: string): text is ExportKind => Object.hasOwn(KINDS, text);
const SPANS = [
  { value: 'month', name: '一个月' },
  { value: 'quarter', name: '一个季度' },
];
const TYPES = {
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  csv: 'text/csv; charset=utf-8',
};

const spanOf = (job: ExportJob) => spanOfPeriod(job.span, `${job.from_day}/${job.to_day}`);

/** As it is saved on the reader's disk. */
const nameOf = (job: ExportJob & { readonly unit: string }): string =>
  `${KINDS[job.kind].name} ${ownerName(job)} ${saySpan(spanOf(job))}`.replaceAll(/[\\/:*?"<>|\p{Cc}]/gu, '_');

export function workbookRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/workbook', async (c) => {
    const desk = deskOf(site, c);
    const asked = await readAsked(c, desk);
    if (!asked) return shellPage(c, site, { title: '台账', body: noTree });
    const { db, actor, now, zone } = desk;
    const jobs = await listExports(db, actor);
    const today = localDay(now, zone);
    const isMaking = jobs.some(({ state }) => state === 'waiting');
    // Early in a month one wants the month before.
    const month = spanAround('month', today);
    const usual = Number(today.slice(8)) <= 10 ? spanBefore(month) : month;
    return shellPage(c, site, {
      title: '台账',
      note: '要一份，做好了来取',
      body: html`${card(
        '要一份',
        html`<form class="stack" method="post" action="/workbook/ask">
          ${field(
            '党组织',
            select(
              'unit',
              asked.choices.map(({ id, name, depth }) => ({
                value: id,
                name: `${'　'.repeat(depth)}${name}`,
              })),
              asked.unitId,
            ),
            '连同它下面的',
          )}
          ${field('多长', select('kind', SPANS, asked.span.kind === 'quarter' ? 'quarter' : 'month'))}
          ${field(
            '哪一段',
            html`<input
              type="date"
              name="day"
              value="${c.req.query('day') === undefined ? usual.from : asked.span.from}"
            />`,
            '选里面的任何一天',
          )}
          ${field(
            '什么',
            select(
              'what',
              Object.entries(KINDS).map(([value, { name, about }]) => ({
                value,
                name: `${name}（${about}）`,
              })),
              'workbook',
            ),
          )}
          <button class="button">开始做</button>
        </form>`,
      )}
      ${card(
        '我要过的',
        jobs.length === 0
          ? nothing('还没要过。要一份，做的时候可以去忙别的。')
          : rows(
              jobs.map((job) => ({
                what: nameOf(job),
                note:
                  job.state === 'ready'
                    ? `${sayWhen(job.asked_at, now, zone)} 要的，留到 ${sayWhen((job.ended_at ?? 0) + KEPT_FOR, now, zone)}`
                    : `${sayWhen(job.asked_at, now, zone)} 要的`,
                end:
                  job.state === 'ready'
                    ? html`<a class="button small" href="/workbook/${job.no}" download>下载</a>`
                    : job.state === 'failed'
                      ? pill('bad', '没做成，再要一次')
                      : pill('plain', progressOf(job)),
              })),
            ),
        isMaking ? { link: html`<a class="button small quiet" href="/workbook">看做好没有</a>` } : {},
      )}`,
    });
  });

  app.post(
    '/workbook/ask',
    acts(site, '/workbook', async (desk, form) => {
      const { db, actor, now, zone } = desk;
      const kind = form.get('what');
      const unitId = form.get('unit');
      const chosen = unitChoices(await readTree(db), actor).find(({ id }) => id === unitId);
      if (!chosen) throw notFound('unit', unitId);
      const span = spanAround(
        form.get('kind') === 'quarter' ? 'quarter' : 'month',
        readDay(form.get('day'), localDay(now, zone)),
      );
      const job = await askExport(
        db,
        { kind: isKind(kind) ? kind : 'workbook', whose: chosen.whose, span },
        actor,
        now,
      );
      desk.makeFiles();
      return { text: `${KINDS[job.kind].name}开始做了，做好在这里下载。`, to: '/workbook' };
    }),
  );

  app.get('/workbook/:no{\\d+}', async (c) => {
    const { db, actor, dataDir } = deskOf(site, c);
    const job = await getExport(db, actor, readNo(c.req.param('no')));
    // Who lost the unit since gets nothing of it.
    if (job.state !== 'ready' || unitsOfJob(job).some((id) => !isInScope(actor, id)))
      throw notFound('export', job.no);
    const file = fileOf(job);
    const path = join(exportsDir(dataDir), file);
    const size = await stat(path).then(
      (found) => found.size,
      () => undefined,
    );
    if (size === undefined) throw notFound('export', job.no);
    const ending = file.endsWith('.xlsx') ? 'xlsx' : 'csv';
    return c.body(Readable.toWeb(createReadStream(path)) as ReadableStream, 200, {
      'Content-Type': TYPES[ending],
      'Content-Length': String(size),
      'Content-Disposition': attachment(`weike-${job.no}.${ending}`, `${nameOf(job)}.${ending}`),
      'Cache-Control': 'private, no-store',
    });
  });
}

const progressOf = ({ done, total }: ExportJob): string =>
  total > 0 ? `正在做 ${Math.floor((100 * done) / total)}%` : done > 0 ? `正在做，${done} 行了` : '排着队';
