/** What is under the figures of 参与: who learned and who didn't, what one person did, how a quiz was answered. */
import type { Hono } from 'hono';
import { html } from 'hono/html';

import { addDays, localDay, sayWhen, startOfDay } from '../../clock.ts';
import type { Db } from '../../db/open.ts';
import { listAnswers, listCheckins } from '../../digest/facts.ts';
import { sayParts, sayPercent, shareRight } from '../../figures.ts';
import { listPeopleCounts, type PersonCounts } from '../../digest/people-counts.ts';
import { saySpan } from '../../digest/spans.ts';
import { readUnitCounts } from '../../digest/unit-counts.ts';
import { renderInline } from '../../lessons/chat.ts';
import { keyOf } from '../../lessons/compose.ts';
import { getGroup } from '../../people/groups.ts';
import { STATUS_NAMES } from '../../people/members.ts';
import {
  type Actor,
  getScopedMember,
  isInScope,
  notFound,
  scopedMembers,
  TERMINAL,
} from '../../people/scope.ts';
import { pathIn, subtreeIn } from '../../people/tree.ts';
import { listQuestionResults } from '../../quiz/answers.ts';
import { findWindow, lessonOf, ordersOf } from '../../quiz/windows.ts';
import { address, card, foldedTable, nothing, pill, table, tabs } from './draw.ts';
import { backTo, type ConsoleSite, deskOf, readNo } from './parts.ts';
import { filters, here, noTree, readAsked } from './participation.ts';
import { shellPage } from './shell.ts';

const PAGE = 100;
const MOST_FACTS = 200;

export function participationUnderRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/participation/people', async (c) => {
    const desk = deskOf(site, c);
    const asked = await readAsked(c, desk);
    if (!asked) return shellPage(c, site, { title: '参与', body: noTree });
    const { db, actor, now, zone } = desk;
    const today = localDay(now, zone);
    const missing = c.req.query('who') === 'missing';
    const page = Math.max(1, readNo(c.req.query('page')));
    const { tree, counts } = await readUnitCounts(db, asked.span, asked.whose);
    const scope = [...subtreeIn(tree, [asked.unitId])];
    const found = await listPeopleCounts(db, asked.span, scope, {
      missing,
      limit: PAGE + 1,
      offset: (page - 1) * PAGE,
    });
    const shown = found.slice(0, PAGE);
    const known = await knownAmong(db, actor, shown);
    const who = missing ? 'missing' : 'all';
    const { base = 0, learned = 0 } = counts.get(asked.unitId) ?? {};
    const turn = (to: number, name: string) =>
      html`<a
        class="button small quiet"
        href="${here('/participation/people', asked, { who, page: String(to) })}"
        >${name}</a
      >`;
    return shellPage(c, site, {
      title: missing ? '还没学的人' : '每个人',
      note: `${asked.unitName} ${saySpan(asked.span)}`,
      wide: true,
      back: { path: here('/participation', asked), name: '参与' },
      body: html`${tabs('看谁', [
          { href: here('/participation/people', asked, { who: 'all' }), name: `全部 ${base}`, on: !missing },
          {
            href: here('/participation/people', asked, { who: 'missing' }),
            name: `还没学 ${base - learned}`,
            on: missing,
          },
        ])}
        ${filters(asked, today, '/participation/people', { who })}
        <div class="card">
          ${
            shown.length === 0
              ? nothing(missing ? '人人都学了，真好。' : '这段时间名册上没有人。')
              : foldedTable(
                  missing ? '还没学的人' : '每个人',
                  [
                    {
                      title: '姓名',
                      cell: (row) =>
                        known.has(row.member_id)
                          ? html`<a href="${here(`/participation/member/${row.member_id}`, asked)}"
                              >${row.name}</a
                            >`
                          : row.name,
                    },
                    { title: '党组织', cell: ({ unit_id: id }) => pathIn(tree, id ?? '') },
                    { title: '身份', cell: ({ status }) => STATUS_NAMES[status] },
                    { title: '学习天数', cell: ({ days }) => String(days), figure: true },
                    { title: '答对', cell: (row) => sayParts(shareRight(row)), figure: true },
                    { title: '正确率', cell: (row) => sayPercent(shareRight(row)), figure: true },
                    { title: '打卡', cell: ({ checkins }) => String(checkins), figure: true },
                  ],
                  shown,
                )
          }
        </div>
        <div class="buttons">
          ${page > 1 ? turn(page - 1, '上一页') : ''} ${found.length > PAGE ? turn(page + 1, '下一页') : ''}
        </div>`,
    });
  });

  app.get('/participation/member/:id', async (c) => {
    const desk = deskOf(site, c);
    const { db, actor, zone, now } = desk;
    const member = await getScopedMember(db, actor, c.req.param('id'));
    const asked = await readAsked(c, desk);
    if (!asked) throw notFound('member', c.req.param('id'));
    const query = {
      memberId: member.id,
      from: startOfDay(asked.span.from, zone),
      to: startOfDay(addDays(asked.span.to, 1), zone),
      limit: MOST_FACTS,
    };
    // The member is in scope: what they did is theirs in whichever group.
    const { rows: answers } = await listAnswers(db, TERMINAL, query, zone);
    const { rows: checkins } = await listCheckins(db, TERMINAL, query, zone);
    const titles = site.catalogue().byId;
    const { from: day } = asked.span;
    const widen =
      asked.span.kind === 'quarter'
        ? html`<a class="button small quiet" href="${here('/participation/people', asked)}">看别的人</a>`
        : html`<a
            class="button small quiet"
            href="${address(`/participation/member/${member.id}`, { unit: asked.unitId, kind: 'quarter', day })}"
            >看整个季度</a
          >`;
    return shellPage(c, site, {
      title: member.name,
      note: saySpan(asked.span),
      wide: true,
      back: { path: here('/participation/people', asked), name: '每个人' },
      body: html`${card(
        '作答',
        answers.length === 0
          ? nothing('这段时间没有作答。', widen)
          : table(
              '作答',
              [
                { title: '微课', cell: ({ lesson }) => titles.get(lesson)?.title ?? lesson },
                { title: '题', cell: ({ question }) => `第 ${question} 题` },
                { title: '答案', cell: ({ value }) => value },
                { title: '结果', cell: (row) => resultOf(row) },
                { title: '写于', cell: ({ written_at: at }) => sayWhen(Date.parse(at), now, zone) },
                { title: '群', cell: ({ group }) => group },
              ],
              answers,
            ),
        { note: answers.length === MOST_FACTS ? `只列前 ${MOST_FACTS} 条，全部的在台账和导出里` : '' },
      )}
      ${card(
        '打卡',
        checkins.length === 0
          ? nothing('这段时间没有打卡。', widen)
          : table(
              '打卡',
              [
                {
                  title: '哪天',
                  cell: ({ day, makeup }) => html`${day}${makeup ? html` ${pill('plain', '补')}` : ''}`,
                },
                { title: '心得', cell: ({ note }) => note },
                { title: '群', cell: ({ group }) => group },
              ],
              checkins,
            ),
      )}`,
    });
  });

  app.get('/participation/quiz/:id', async (c) => {
    const desk = deskOf(site, c);
    const { db, actor, zone, now } = desk;
    const window = await findWindow(db, c.req.param('id'));
    const group = window && (await getGroup(db, window.group_id));
    const lesson = window && (await lessonOf(db, window));
    if (!window || !group || !lesson || !isInScope(actor, group.unit_id))
      throw notFound('delivery', c.req.param('id'));
    const results = new Map((await listQuestionResults(db, window.id)).map((row) => [row.question, row]));
    const query = { windowId: window.id, from: 0, to: Number.MAX_SAFE_INTEGER, limit: MOST_FACTS };
    const { rows: answers } = await listAnswers(db, TERMINAL, query, zone);
    const isOver = window.closed_at !== null;
    return shellPage(c, site, {
      title: lesson.title,
      note: `${group.topic}，${isOver ? '已截止' : `${sayWhen(window.closes_at, now, zone)} 截止`}`,
      wide: true,
      back: { path: backTo(c.req.query('from') ?? '', '/participation'), name: '参与' },
      body: html`${card(
        '每一题',
        table(
          '每一题',
          [
            { title: '题', cell: ({ no, stem }) => `${no}. ${renderInline(stem)}` },
            {
              title: '答案',
              cell: (question) => (isOver ? keyOf(question, ordersOf(window)) : '截止后显示'),
            },
            { title: '作答', cell: ({ no }) => `${results.get(no)?.answers ?? 0} 人`, figure: true },
            {
              title: '正确率',
              cell: ({ no }) => sayPercent(shareRight(results.get(no) ?? { answers: 0, correct: 0 })),
              figure: true,
            },
          ],
          lesson.questions,
        ),
      )}
      ${card(
        '谁怎么答的',
        answers.length === 0
          ? nothing('还没有人作答。')
          : table(
              '谁怎么答的',
              [
                { title: '姓名', cell: ({ member }) => member },
                { title: '题', cell: ({ question }) => `第 ${question} 题` },
                { title: '答案', cell: ({ value }) => value },
                { title: '结果', cell: (row) => resultOf(row) },
                { title: '写于', cell: ({ written_at: at }) => sayWhen(Date.parse(at), now, zone) },
              ],
              answers,
            ),
        { note: answers.length === MOST_FACTS ? `只列前 ${MOST_FACTS} 条` : '' },
      )}`,
    });
  });
}

const resultOf = (row: {
  readonly correct: boolean;
  readonly counted: boolean;
  readonly makeup: boolean;
  readonly withdrawn: boolean;
}) =>
  row.withdrawn
    ? pill('plain', '撤回了')
    : !row.counted
      ? pill('plain', '后来改了')
      : html`${row.correct ? pill('good', '对') : pill('warn', '错')}${row.makeup ? html` ${pill('plain', '补答')}` : ''}`;

/** Those whom the actor may look at now: somebody may have gone to another branch since. */
async function knownAmong(db: Db, actor: Actor, people: readonly PersonCounts[]): Promise<Set<string>> {
  if (people.length === 0) return new Set();
  const rows = await scopedMembers(db, actor)
    .where(
      'member.id',
      'in',
      people.map((row) => row.member_id),
    )
    .where('member.erased_at', 'is', null)
    .execute();
  return new Set(rows.map(({ id }) => id));
}
