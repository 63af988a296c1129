/** 参与: how a unit learned in a span of days, beside another span; every figure leads to what is under it. */
import type { Context, Hono } from 'hono';
import { html } from 'hono/html';

import { addDays, localDay } from '../../clock.ts';
import { trendChart } from '../../digest/chart.ts';
import {
  type Digest,
  listGroupsOfUnit,
  readUnitDigest,
  readUnitTrend,
  type UnitLine,
} from '../../digest/digest.ts';
import {
  activity,
  answerRate,
  type Counts,
  learningRate,
  NO_COUNTS,
  type Ratio,
  sayMean,
  sayParts,
  sayPercent,
  shareRight,
  valueOf,
} from '../../figures.ts';
import { type LessonCounts, listLessonCounts } from '../../digest/lesson-counts.ts';
import { isSpanKind, saySpan, type Span, spanAround, spanBefore, type SpanKind } from '../../digest/spans.ts';
import { readUnitCounts } from '../../digest/unit-counts.ts';
import { idOf, readTree, type Together, type Whose } from '../../people/places.ts';
import { type Actor, isInScope, notFound } from '../../people/scope.ts';
import { lineageIn, TOGETHER, type Tree, walkTree } from '../../people/tree.ts';
import type { Html } from '../layout.ts';
import { address, card, type Content, field, hidden, nothing, select, table, tabs } from './draw.ts';
import { type ConsoleSite, type Desk, deskOf } from './parts.ts';
import { shellPage } from './shell.ts';
import { readDay } from './week.ts';

const KINDS: Readonly<Record<SpanKind, { name: string; this: string; before: string }>> = {
  day: { name: '日', this: '今天', before: '前一天' },
  week: { name: '周', this: '本周', before: '前一周' },
  month: { name: '月', this: '本月', before: '前一月' },
  quarter: { name: '季', this: '本季', before: '前一季' },
};
/** More at the top of the tree are only in the list. */
const MOST_TABS = 8;
const CHART = { width: 690, height: 220 };

/** What a page of figures is about. */
export interface Asked {
  /** As addresses have it. */
  readonly unitId: string;
  readonly whose: Whose;
  readonly unitName: string;
  readonly span: Span;
  readonly other: Span;
  /** What there is to choose from, with its depth below the tops: all of them together first where there are several. */
  readonly choices: readonly UnitChoice[];
}

export interface UnitChoice {
  readonly id: string;
  readonly name: string;
  readonly depth: number;
  readonly whose: Whose;
}

/** The units that an actor may ask about; whoever answers for several sees them together as well. */
export function unitChoices(tree: Tree, actor: Actor): UnitChoice[] {
  const own = walkTree(tree)
    .filter(({ node }) => isInScope(actor, node.id))
    .map(({ node: { id, name } }) => ({
      id,
      name,
      depth: lineageIn(tree, id).filter((above) => above !== id && isInScope(actor, above)).length,
      whose: id,
    }));
  const tops = own.filter(({ depth }) => depth === 0);
  if (tops.length < 2) return own;
  const whose: Together = {
    unitIds: tops.map(({ id }) => id),
    name: actor.units === 'all' ? '全县' : `我管的 ${tops.length} 个党组织`,
  };
  return [{ id: TOGETHER, name: whose.name, depth: 0, whose }, ...own];
}

/** The unit and the spans of a request. `undefined` while nobody has set up a tree. Throws `NotFoundError`. */
export async function readAsked(c: Context, desk: Desk): Promise<Asked | undefined> {
  const { db, actor, now, zone } = desk;
  const tree: Tree = await readTree(db);
  const choices = unitChoices(tree, actor);
  const [first] = choices;
  if (!first) return undefined;
  const wanted = c.req.query('unit') ?? first.id;
  const chosen = choices.find(({ id }) => id === wanted);
  if (!chosen) throw notFound('unit', wanted);
  const kind = c.req.query('kind') ?? 'week';
  const today = localDay(now, zone);
  const span = spanAround(isSpanKind(kind) ? kind : 'week', readDay(c.req.query('day'), today));
  const beside = readDay(c.req.query('with'), '');
  const other = beside === '' ? spanBefore(span) : spanAround(span.kind, beside);
  const { id: unitId, name: unitName, whose } = chosen;
  return { unitId, unitName, whose, span, other, choices };
}

/** The address of a page about the same, or about something beside it. */
export const here = (path: string, { unitId, span }: Asked, more: Readonly<Record<string, string>> = {}) =>
  address(path, { unit: unitId, kind: span.kind, day: span.from, ...more });

/** What the span beside it is called. */
const sayOther = ({ span, other }: Asked): string =>
  other.from === spanBefore(span).from ? KINDS[span.kind].before : saySpan(other);

export function participationRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/participation', async (c) => {
    const desk = deskOf(site, c);
    const asked = await readAsked(c, desk);
    if (!asked) return shellPage(c, site, { title: '参与', body: noTree });
    const { db, zone, now } = desk;
    const { whose, span, other } = asked;
    const digest = await readUnitDigest({ db, span, zone, now }, whose);
    const before = await readUnitCounts(db, other, whose);
    const lessons = await listLessonCounts(db, span, await listGroupsOfUnit(db, span, whose), zone);
    return shellPage(c, site, {
      title: '参与',
      note: saySpan(span),
      wide: true,
      action: html`<span class="buttons"
        ><a class="button small quiet" href="${here('/participation/items', asked)}">题目分析</a
        ><a class="button small" href="${here('/workbook', asked)}">台账</a></span
      >`,
      body: html`${filters(asked, localDay(now, zone))}
        ${sums(asked, digest, before.counts.get(idOf(whose)) ?? NO_COUNTS)}
        <div class="columns">
          ${trend(asked, digest)} ${units(asked, digest, before.counts)} ${lessonTable(asked, lessons, desk)}
        </div>`,
    });
  });
  app.get('/participation/trend.svg', async (c) => {
    const desk = deskOf(site, c);
    const asked = await readAsked(c, desk);
    if (!asked) throw notFound('unit', '');
    const { db, zone, now } = desk;
    const points = await readUnitTrend({ db, span: asked.span, zone, now }, asked.whose);
    return c.body(await trendChart(points, CHART), 200, {
      'Content-Type': 'image/svg+xml; charset=utf-8',
      'Cache-Control': 'private, no-cache',
      // It is a picture and nothing else, wherever it is opened.
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
    });
  });
}

export const noTree = nothing(
  '还没有党组织，参与情况无从算起。先把名册导进来，支部就有了。',
  html`<a class="button" href="/groups">去群与成员</a>`,
);

/** Which unit, which span, beside which other. `more` is what else the page is narrowed to. */
export function filters(
  asked: Asked,
  today: string,
  path = '/participation',
  more: Readonly<Record<string, string>> = {},
): Html {
  const { unitId, span, other, choices } = asked;
  const step = (day: string) => address(path, { unit: unitId, kind: span.kind, day, ...more });
  // From this month to this week, and not to its first one.
  const inside = span.from <= today && today <= span.to ? today : span.from;
  const next = spanAround(span.kind, addDays(span.to, 1));
  const tops = choices.filter(({ depth }) => depth === 0);
  return html`${
      tops.length > 1 && tops.length <= MOST_TABS
        ? tabs(
            '党组织',
            tops.map(({ id, name }) => ({
              href: address(path, { unit: id, kind: span.kind, day: span.from, ...more }),
              name,
              on: id === unitId,
            })),
          )
        : ''
    }${tabs(
      '多长时间',
      (Object.keys(KINDS) as SpanKind[]).map((kind) => ({
        href: address(path, { unit: unitId, kind, day: inside, ...more }),
        name: KINDS[kind].name,
        on: kind === span.kind,
      })),
    )}
    <nav class="steps" aria-label="哪一段">
      <a href="${step(spanBefore(span).from)}"><span aria-hidden="true">‹</span> 上一段</a>
      <b>${saySpan(span)}</b>
      ${
        next.from <= today
          ? html`<a href="${step(next.from)}">下一段 <span aria-hidden="true">›</span></a>`
          : html`<span class="off">${KINDS[span.kind].this}</span>`
      }
    </nav>
    <details class="card">
      <summary>换党组织、换比较的时间</summary>
      <form class="filters" method="get" action="${path}">
        ${field(
          '党组织',
          select(
            'unit',
            choices.map(({ id, name, depth }) => ({
              value: id,
              name: `${'　'.repeat(depth)}${name}`,
            })),
            unitId,
          ),
        )}
        ${hidden({ kind: span.kind, ...more })}
        ${field('看哪一段', html`<input type="date" name="day" value="${span.from}" />`, '选里面的任何一天')}
        ${field('和哪一段比', html`<input type="date" name="with" value="${other.from}" />`)}
        <button class="button small">看</button>
      </form>
    </details>`;
}

/** The six figures with their bases, and the same of the other span. */
function sums(asked: Asked, { counts, coverage }: Digest, before: Counts): Html {
  const people = (who: string) => here('/participation/people', asked, { who });
  const one = (name: string, now: Ratio, then: Ratio, href: string, say = sayPercent) =>
    html`<a class="sum" href="${href}"
      ><small>${name}</small><b>${say(now)}</b
      ><span>${sayParts(now)}</span>${change(now, then, say, sayOther(asked))}</a
    >`;
  if (counts.base === 0)
    return html`<div class="card">
      ${nothing(
        '这个党组织这段时间名册上没有人。把名册导进来，或换一个党组织看。',
        html`<a class="button" href="/groups">去群与成员</a>`,
      )}
    </div>`;
  return html`<section class="sums" aria-label="${asked.unitName} ${saySpan(asked.span)}">
    ${one('参学率', learningRate(counts), learningRate(before), people('all'))}
    ${one('作答率', answerRate(counts), answerRate(before), people('all'))}
    ${one('正确率', shareRight(counts), shareRight(before), '#lessons')}
    ${one('人均学习天数', activity(counts), activity(before), people('all'), sayMean)}
    <a class="sum" href="${people('all')}"
      ><small>打卡</small><b>${counts.checkins}</b
      ><span>次</span>${difference(counts.checkins, before.checkins, sayOther(asked))}</a
    >
    ${coverage ? html`<a class="sum" href="#units"><small>有人学的党组织</small><b>${sayPercent(coverage)}</b><span>${sayParts(coverage)}</span></a>` : ''}
    <a class="sum warn" href="${people('missing')}"
      ><small>还没学</small><b>${counts.base - counts.learned}</b><span>人，看是谁</span></a
    >
  </section>`;
}

/** `前一周 75% ↑`; nothing where nothing is known of it. */
function change(now: Ratio, then: Ratio, say: (ratio: Ratio) => string, when: string): Content {
  const [a, b] = [valueOf(now), valueOf(then)];
  if (a === undefined || b === undefined) return '';
  const arrow = a > b ? '↑' : a < b ? '↓' : '＝';
  return html`<em class="${a < b ? 'down' : ''}">${when} ${say(then)} ${arrow}</em>`;
}

const difference = (now: number, then: number, when: string): Content =>
  html`<em class="${now < then ? 'down' : ''}"
    >${when} ${then} ${now > then ? '↑' : now < then ? '↓' : '＝'}</em
  >`;

function trend(asked: Asked, { trend: points }: Digest): Html {
  if (points.every(({ value }) => value === 0))
    return card('每天多少人学', nothing('这段时间还没有人学。发一课，第二天再来看。'));
  return card(
    asked.span.kind === 'quarter' ? '每月多少人次学' : '每天多少人学',
    html`<img
        class="chart"
        src="${here('/participation/trend.svg', asked)}"
        width="${CHART.width}"
        height="${CHART.height}"
        alt="${points.map(({ title, value }) => `${title} ${value} 人`).join('，')}"
      />
      <details>
        <summary>看数字</summary>
        ${table(
          '趋势',
          [
            { title: '时间', cell: ({ title }) => title },
            { title: '学了', cell: ({ value }) => String(value), figure: true },
          ],
          points,
        )}
      </details>`,
  );
}

function units(asked: Asked, { units: lines }: Digest, before: ReadonlyMap<string, Counts>): Content {
  if (lines.length === 0) return '';
  const into = (line: UnitLine) =>
    address('/participation', { unit: line.unitId, kind: asked.span.kind, day: asked.span.from });
  return card(
    '各党组织',
    table(
      '各党组织',
      [
        { title: '党组织', cell: (line) => html`<a href="${into(line)}">${line.name}</a>` },
        { title: '参学', cell: ({ counts }) => sayParts(learningRate(counts)), figure: true },
        { title: '参学率', cell: ({ counts }) => sayPercent(learningRate(counts)), figure: true },
        {
          title: sayOther(asked),
          cell: ({ unitId }) => sayPercent(learningRate(before.get(unitId) ?? NO_COUNTS)),
          figure: true,
        },
        { title: '作答率', cell: ({ counts }) => sayPercent(answerRate(counts)), figure: true },
        { title: '正确率', cell: ({ counts }) => sayPercent(shareRight(counts)), figure: true },
        { title: '打卡', cell: ({ counts }) => String(counts.checkins), figure: true },
      ],
      lines,
    ),
    { id: 'units' },
  );
}

const MOST_LESSONS = 60;

function lessonTable(asked: Asked, lessons: readonly LessonCounts[], { zone }: Desk): Html {
  if (lessons.length === 0)
    return card(
      '发了哪些课',
      nothing('这段时间没有课发到群里。', html`<a class="button" href="/week">去排课</a>`),
      { id: 'lessons' },
    );
  const shown = lessons.slice(-MOST_LESSONS).toReversed();
  return card(
    '发了哪些课',
    table(
      '微课',
      [
        {
          title: '微课',
          cell: ({ title, window_id: id }) =>
            id === null
              ? title
              : html`<a
                  href="${address(`/participation/quiz/${id}`, { from: here('/participation', asked) })}"
                  >${title}</a
                >`,
        },
        { title: '群', cell: ({ topic }) => topic },
        { title: '日期', cell: ({ sent_at: at }) => localDay(at, zone).slice(5) },
        { title: '作答', cell: ({ members }) => `${members} 人`, figure: true },
        {
          title: '正确率',
          cell: (line) => html`${sayPercent(shareRight(line))} <small>${sayParts(shareRight(line))}</small>`,
          figure: true,
        },
      ],
      shown,
    ),
    {
      id: 'lessons',
      ...(lessons.length > shown.length
        ? { note: `共 ${lessons.length} 次，这里是最近 ${shown.length} 次` }
        : {}),
    },
  );
}
