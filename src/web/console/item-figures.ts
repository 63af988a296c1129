/** 题目分析: how good the questions are, of a unit and a span of days, or over all quizzes; with the answers beneath. */
import type { Hono } from 'hono';
import { html } from 'hono/html';

import { addDays, localDay, sayWhen, startOfDay } from '../../clock.ts';
import type { Db } from '../../db/open.ts';
import { listGroupsOfUnit } from '../../digest/digest.ts';
import { saySpan } from '../../digest/spans.ts';
import { sayPercent } from '../../figures.ts';
import { renderInline } from '../../lessons/chat.ts';
import { keyOf } from '../../lessons/compose.ts';
import type { Question } from '../../lessons/lesson.ts';
import { notFound, scopedGroups } from '../../people/scope.ts';
import type { BankItem } from '../../quiz/bank.ts';
import { type AskedSpan, lettersIn } from '../../quiz/bank-asked.ts';
import { toQuestion, TYPE_NAMES } from '../../quiz/item.ts';
import { inLetters, listBankStats, listItemStats } from '../../quiz/item-responses.ts';
import type { ItemFlag, ItemStats } from '../../quiz/item-stats.ts';
import type { QuizWindow } from '../../quiz/windows.ts';
import type { Html } from '../layout.ts';
import { card, type Content, nothing, pill, table, tabs } from './draw.ts';
import { type Asked, filters, here, noTree, readAsked } from './participation.ts';
import { type ConsoleSite, type Desk, deskOf, readNo } from './parts.ts';
import { shellPage } from './shell.ts';

const MOST_ITEMS = 100;
const MOST_ANSWERS = 200;
const LONGEST_SHOWN = 60;

export const FLAGS: Readonly<Record<ItemFlag, string>> = {
  'key-suspect': '答案可能错了',
  'too-hard': '太难',
  'too-easy': '太容易',
  weak: '分不出高低',
};

/** A question with its figures, wherever it came from. */
interface Line {
  /** Below `/participation/items`. */
  readonly path: string;
  readonly question: Question;
  /** 题库 第 3 题, or the lesson's title. */
  readonly from: string;
  readonly stats: ItemStats;
  /** The quizzes that asked it, the number that it has there, and whether the letters there are others. */
  readonly asked: readonly {
    readonly window: QuizWindow;
    readonly no: number;
    readonly letters?: ReadonlyMap<string, string>;
  }[];
}

const readSpan = async ({ db, zone }: Desk, { span, whose }: Asked): Promise<AskedSpan> => ({
  from: startOfDay(span.from, zone),
  to: startOfDay(addDays(span.to, 1), zone),
  groupIds: await listGroupsOfUnit(db, span, whose),
});

async function readLines(db: Db, span: AskedSpan): Promise<Line[]> {
  const own = (await listItemStats(db, undefined, span)).flatMap(({ lesson, stats, windows }) =>
    stats.flatMap((item): Line[] => {
      const question = lesson.questions.find(({ no }) => no === item.question);
      if (!question) return [];
      return [
        {
          path: `/lesson/${lesson.hash}/${item.question}`,
          question,
          from: lesson.title,
          stats: item,
          asked: windows.map((window) => ({ window, no: item.question })),
        },
      ];
    }),
  );
  return [...own, ...(await readBankLines(db, span))];
}

const readBankLines = async (db: Db, span: AskedSpan, no?: number): Promise<Line[]> =>
  (await listBankStats(db, span, no)).map(({ item, stats, asked }) => ({
    path: `/bank/${item.no}`,
    question: toQuestion(item, item.no),
    from: `题库第 ${item.no} 题`,
    stats,
    asked: asked.map(({ window, question }) => {
      const letters = lettersIn(question, item);
      return { window, no: question.no, ...(letters ? { letters } : {}) };
    }),
  }));

const worth = ({ stats }: Line) =>
  (stats.flags.includes('key-suspect') ? 0 : stats.flags.length > 0 ? 1 : 2) * 10 + (stats.facility ?? 1);

/** `64%`, of the answers' scores; said as every figure is. */
export const sayFacility = ({ facility }: Pick<ItemStats, 'facility'>): string =>
  sayPercent(facility === undefined ? { part: 0, base: 0 } : { part: facility, base: 1 });
export const sayDiscrimination = ({ discrimination }: ItemStats): string =>
  discrimination === undefined ? '—' : discrimination.toFixed(2);
const sayFlags = ({ flags }: ItemStats): Content =>
  flags.map((flag) => html`${pill(flag === 'key-suspect' ? 'bad' : 'warn', FLAGS[flag])} `);
const sayChosen = ({ chosen }: ItemStats): string =>
  Object.entries(chosen)
    .map(([value, count]) => `${shortened(value)} ${count}`)
    .join('，');
const shortened = (text: string): string => {
  const letters = [...text.replaceAll(/\s+/g, ' ')];
  return letters.length > LONGEST_SHOWN ? `${letters.slice(0, LONGEST_SHOWN).join('')}…` : letters.join('');
};

export function itemFigureRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/participation/items', async (c) => {
    const desk = deskOf(site, c);
    const asked = await readAsked(c, desk);
    if (!asked) return shellPage(c, site, { title: '题目分析', body: noTree });
    const { db, now, zone } = desk;
    const isFlagged = c.req.query('only') === 'flagged';
    const span = await readSpan(desk, asked);
    const all = (await readLines(db, span)).filter(({ stats }) => stats.answers > 0);
    const flagged = all.filter(({ stats }) => stats.flags.length > 0);
    const lines = (isFlagged ? flagged : all).toSorted((a, b) => worth(a) - worth(b));
    return shellPage(c, site, {
      title: '题目分析',
      note: `${asked.unitName} ${saySpan(asked.span)}`,
      wide: true,
      back: { path: here('/participation', asked), name: '参与' },
      body: html`${tabs('看哪些', [
        { href: here('/participation/items', asked), name: `全部 ${all.length}`, on: !isFlagged },
        {
          href: here('/participation/items', asked, { only: 'flagged' }),
          name: `该看看的 ${flagged.length}`,
          on: isFlagged,
        },
      ])}
      ${filters(asked, localDay(now, zone), '/participation/items', isFlagged ? { only: 'flagged' } : {})}
      ${card(
        '每一题',
        lines.length === 0
          ? nothing(isFlagged ? '没有要留意的题。' : '这段时间还没有人作答。发一课带小测的，过一天再来看。')
          : html`${table<Line>(
              '每一题',
              [
                {
                  title: '题',
                  cell: ({ path, question }) =>
                    html`<a href="${here(`/participation/items${path}`, asked)}"
                      >${shortened(renderInline(question.stem))}</a
                    >`,
                },
                { title: '出自', cell: ({ from }) => from },
                { title: '作答', cell: ({ stats }) => String(stats.answers), figure: true },
                { title: '得分率', cell: ({ stats }) => sayFacility(stats), figure: true },
                { title: '区分度', cell: ({ stats }) => sayDiscrimination(stats), figure: true },
                { title: '选了什么', cell: ({ stats }) => sayChosen(stats) },
                { title: '留意', cell: ({ stats }) => sayFlags(stats) },
              ],
              lines.slice(0, MOST_ITEMS),
            )}${help}`,
        {
          ...(lines.length > MOST_ITEMS
            ? { note: `共 ${lines.length} 题，这里是最该看的 ${MOST_ITEMS} 题` }
            : {}),
        },
      )}`,
    });
  });

  app.get('/participation/items/lesson/:hash{[0-9a-f]{64}}/:no{\\d+}', async (c) => {
    const desk = deskOf(site, c);
    const asked = await readAsked(c, desk);
    const [hash, no] = [c.req.param('hash'), readNo(c.req.param('no'))];
    if (!asked) throw notFound('question', no);
    const { db } = desk;
    const span = await readSpan(desk, asked);
    const lessonId = await db
      .selectFrom('lesson_revision')
      .select('lesson_id')
      .where('hash', '=', hash)
      .executeTakeFirst();
    if (!lessonId) throw notFound('question', no);
    for (const { lesson, stats, windows } of await listItemStats(db, lessonId.lesson_id, span)) {
      const question = lesson.questions.find((one) => one.no === no);
      const found = stats.find((one) => one.question === no);
      if (lesson.hash !== hash || !question || !found) continue;
      const line: Line = {
        path: '',
        question,
        from: lesson.title,
        stats: found,
        asked: windows.map((window) => ({ window, no })),
      };
      return shellPage(c, site, await linePage(desk, asked, line));
    }
    throw notFound('question', no);
  });

  app.get('/participation/items/bank/:no{\\d+}', async (c) => {
    const desk = deskOf(site, c);
    const asked = await readAsked(c, desk);
    const no = readNo(c.req.param('no'));
    if (!asked) throw notFound('question', no);
    const { db } = desk;
    const span = await readSpan(desk, asked);
    const [line] = no === 0 ? [] : await readBankLines(db, span, no);
    if (!line) throw notFound('question', no);
    return shellPage(c, site, await linePage(desk, asked, line));
  });
}

const help = html`<details>
  <summary>这些数怎么看</summary>
  <p class="note">
    得分率：每个答案得几分的平均，多选答对一部分也算一部分；补答的不算。区分度：答对这一题的人，别的题是不是也答得好，在
    -1 到 1 之间，0.3 以上就不错，负数多半是答案写错了。少于 10 个人答的不下结论。
  </p>
</details>`;

const figures = (stats: ItemStats): Html =>
  html`<dl class="facts">
      <dt>作答</dt>
      <dd>${stats.answers} 人次</dd>
      <dt>得分率</dt>
      <dd>${sayFacility(stats)}</dd>
      <dt>区分度</dt>
      <dd>${sayDiscrimination(stats)}</dd>
      ${
        stats.flags.length === 0
          ? ''
          : html`<dt>留意</dt>
              <dd>${sayFlags(stats)}</dd>`
      }
    </dl>
    ${help}`;

function chosenTable(question: Question, { chosen, answers }: ItemStats): Content {
  const options = question.options.map((option, index) => ({
    value: 'ABCDEFGH'[index] ?? '',
    words: renderInline(option),
  }));
  const rows =
    question.type === 'single' || question.type === 'multi'
      ? options.map(({ value, words }) => ({ value, words, count: chosen[value] ?? 0 }))
      : Object.entries(chosen).map(([value, count]) => ({ value, words: '', count }));
  const hasRight = question.type === 'single' || question.type === 'multi' || question.type === 'truefalse';
  return table(
    '选了什么',
    [
      {
        title: '答案',
        cell: ({ value, words }) =>
          html`<span
            >${value}
            ${words}${hasRight && question.key.includes(value) ? html` ${pill('good', '对')}` : ''}</span
          >`,
      },
      { title: '选的', cell: ({ count }) => `${count} / ${answers}`, figure: true },
    ],
    rows,
  );
}

async function linePage({ db, now, zone }: Desk, asked: Asked, line: Line) {
  const { question, from, stats } = line;
  const answers = await listGiven(db, line);
  const at = asked.unitName;
  return {
    title: shortened(renderInline(question.stem)),
    note: `${at} ${saySpan(asked.span)}`,
    wide: true,
    back: { path: here('/participation/items', asked), name: '题目分析' },
    body: html`${card(
      html`${from} ${pill('plain', TYPE_NAMES[question.type])}`,
      html`<p>${renderInline(question.stem)}</p>
        <p>答案：${keyOf(question)}</p>
        ${figures(stats)}`,
    )}
    ${card('选了什么', chosenTable(question, stats))}
    ${card(
      '谁怎么答的',
      answers.length === 0
        ? nothing('还没有人作答。')
        : table(
            '谁怎么答的',
            [
              {
                title: '姓名',
                cell: (row) =>
                  html`<a href="${here(`/participation/member/${row.member_id}`, asked)}">${row.name}</a>`,
              },
              { title: '答案', cell: ({ value }) => value },
              {
                title: '结果',
                cell: ({ correct, score }) =>
                  correct === 1
                    ? pill('good', '对')
                    : score > 0
                      ? pill('warn', `对了一部分 ${score / 1_000}`)
                      : pill('warn', '错'),
              },
              { title: '群', cell: ({ topic }) => topic },
              { title: '写于', cell: ({ written_at: written }) => sayWhen(written, now, zone) },
            ],
            answers,
          ),
      { note: stats.answers > answers.length ? `共 ${stats.answers} 条，只列最近 ${answers.length} 条` : '' },
    )}`,
  };
}

/** The answers of which the figures are made, the last written first. */
async function listGiven(db: Db, { asked, question }: Line) {
  const found = [];
  for (let at = 0; at < asked.length; at += 100) {
    const some = asked.slice(at, at + 100);
    found.push(
      ...(await db
        .selectFrom('answer')
        .innerJoin('member', 'member.id', 'answer.member_id')
        .innerJoin('chat_group', 'chat_group.id', 'answer.group_id')
        .select([
          'answer.id',
          'answer.window_id',
          'answer.question',
          'answer.member_id',
          'member.name',
          'answer.value',
          'answer.correct',
          'answer.score',
          'answer.written_at',
          'chat_group.topic',
        ])
        .where('answer.counted', '=', 1)
        .where('answer.makeup', '=', 0)
        .where((eb) =>
          eb.or(
            some.map(({ window, no }) =>
              eb.and([eb('answer.window_id', '=', window.id), eb('answer.question', '=', no)]),
            ),
          ),
        )
        .orderBy('answer.written_at', 'desc')
        .limit(MOST_ANSWERS)
        .execute()),
    );
  }
  const letters = new Map(asked.map((one) => [one.window.id, one.letters]));
  return found
    .toSorted((a, b) => b.written_at - a.written_at || (a.id < b.id ? 1 : -1))
    .slice(0, MOST_ANSWERS)
    .map((row) => ({ ...row, value: inLetters(row.value, letters.get(row.window_id), question) }));
}

/** On a question's own page in the bank: over all quizzes of the groups in scope. */
export async function drawBankFigures({ db, actor }: Desk, item: BankItem): Promise<Html> {
  const groups = actor.units === 'all' ? undefined : await scopedGroups(db, actor).execute();
  const [line] = await readBankLines(
    db,
    groups === undefined ? {} : { groupIds: groups.map(({ id }) => id) },
    item.no,
  );
  if (!line) return card('用得怎么样', nothing('还没有小测抽到过。'));
  const open = line.asked.filter(({ window }) => window.closed_at === null).length;
  return card(
    '用得怎么样',
    line.stats.answers === 0
      ? nothing(`${line.asked.length} 次小测抽到过，还没有人作答。`)
      : html`${figures(line.stats)} ${chosenTable(line.question, line.stats)}`,
    { note: `${line.asked.length} 次小测抽到过${open > 0 ? `，${open} 次还没截止` : ''}` },
  );
}
