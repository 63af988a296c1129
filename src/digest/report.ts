/** The 台账 of a unit for a month, as sheets of a workbook: units, people, lessons, what was read, and what the figures mean. */
import { addDays, localDay, localTime, startOfDay } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { STATUS_NAMES } from '../people/members.ts';
import { idOf, type Whose } from '../people/places.ts';
import { pathIn, subtreeIn, walkTree } from '../people/tree.ts';
import type { NewSheet } from '../sheets/write.ts';
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
} from '../figures.ts';
import { listDeliveryRows } from './delivery-rows.ts';
import { listGroupsOf } from './digest.ts';
import { KINDS as KIND_WORDS, STATE_WORDS } from './ledger-words.ts';
import { listLessonCounts } from './lesson-counts.ts';
import { listPeopleCounts } from './people-counts.ts';
import { saySpan, type Span } from './spans.ts';
import { coverageOf, readUnitCounts, type UnitCounts } from './unit-counts.ts';

export interface ReportOf {
  readonly db: Db;
  readonly span: Span;
  readonly zone: string;
  /** When it is made, ms. */
  readonly now: number;
}

/** Of a unit, or of several as one. Throws when the unit wasn't in the tree on the last day of the span. */
export async function readReport(of: ReportOf, whose: Whose): Promise<NewSheet[]> {
  const { db, span } = of;
  const unitId = idOf(whose);
  const counts = await readUnitCounts(db, span, whose);
  const scope = [...subtreeIn(counts.tree, [unitId])];
  const groupIds = await listGroupsOf(db, counts.tree, unitId, span.to);
  return [
    coverSheet(of, counts, unitId),
    unitSheet(counts, unitId),
    await peopleSheet(of, counts, scope),
    await lessonSheet(of, groupIds),
    await readingSheet(of, groupIds),
    await deliverySheet(of, groupIds),
    meaningSheet(of, counts.tree.nodes.get(unitId)?.name ?? ''),
  ];
}

/** What one reads first: whose it is, of when, and the figures of the whole. */
function coverSheet({ span, zone, now }: ReportOf, units: UnitCounts, unitId: string): NewSheet {
  const { tree, counts } = units;
  const all = counts.get(unitId) ?? NO_COUNTS;
  const covered = coverageOf(units, unitId);
  const line = (name: string, ratio: Ratio, say = sayPercent) => [name, say(ratio), sayParts(ratio)];
  return {
    name: '封面',
    columns: [
      { title: '学习台账', width: 24 },
      { title: pathIn(tree, unitId), width: 40 },
      { title: saySpan(span), width: 24 },
    ],
    rows: [
      ['统计时间', `${localDay(now, zone)} ${localTime(now, zone)}`, ''],
      line('参学率', learningRate(all)),
      line('作答率', answerRate(all)),
      line('正确率', shareRight(all)),
      line('人均学习天数', activity(all), sayMean),
      ['打卡次数', all.checkins, ''],
      ...(covered.base > 1 ? [line('有人学的党组织', covered)] : []),
      ['负责人', '', ''],
      ['审核人', '', ''],
    ],
  };
}

/** Numbers as numbers, a quotient as people read it. */
const figureCells = (counts: Counts): (string | number)[] => [
  counts.base,
  counts.learned,
  sayPercent(learningRate(counts)),
  counts.answered,
  sayPercent(answerRate(counts)),
  counts.answers,
  counts.correct,
  sayPercent(shareRight(counts)),
  counts.days,
  sayMean(activity(counts)),
  counts.checkins,
];

const FIGURES = [
  '在册',
  '学了',
  '参学率',
  '作答',
  '作答率',
  '答题数',
  '答对',
  '正确率',
  '学习天数',
  '人均天数',
  '打卡次数',
];
const columns = (titles: readonly string[]) =>
  titles.map((title) => ({ title, width: Math.max(10, title.length * 2 + 4) }));

function unitSheet(units: UnitCounts, unitId: string): NewSheet {
  const { tree, counts } = units;
  const scope = subtreeIn(tree, [unitId]);
  const lines = walkTree(tree).filter(({ node }) => scope.has(node.id));
  const top = lines[0]?.depth ?? 0;
  const rows = lines.map(({ node, depth }) => {
    const covered = coverageOf(units, node.id);
    return [
      `${'　'.repeat(depth - top)}${node.name}`,
      ...figureCells(counts.get(node.id) ?? NO_COUNTS),
      covered.base > 1 ? sayParts(covered) : '',
    ];
  });
  return {
    name: '党组织',
    columns: [{ title: '党组织', width: 36 }, ...columns([...FIGURES, '有人学的党组织'])],
    rows,
  };
}

async function peopleSheet(
  { db, span }: ReportOf,
  { tree }: UnitCounts,
  scope: readonly string[],
): Promise<NewSheet> {
  const people = await listPeopleCounts(db, span, scope);
  const order = new Map(walkTree(tree).map(({ node }, at) => [node.id, at]));
  const rows = people
    .toSorted((a, b) => (order.get(a.unit_id ?? '') ?? 0) - (order.get(b.unit_id ?? '') ?? 0))
    .map((row) => [
      row.name,
      row.number ?? '',
      pathIn(tree, row.unit_id ?? ''),
      STATUS_NAMES[row.status],
      row.days,
      row.answers,
      row.correct,
      sayPercent(shareRight(row)),
      row.checkins,
    ]);
  return {
    name: '人员',
    columns: columns([
      '姓名',
      '编号',
      '党组织',
      '身份',
      '学习天数',
      '答题数',
      '答对',
      '正确率',
      '打卡次数',
    ]).map((column) => (column.title === '党组织' ? { ...column, width: 36 } : column)),
    rows,
  };
}

async function lessonSheet({ db, span, zone }: ReportOf, groupIds: readonly string[]): Promise<NewSheet> {
  const rows = (await listLessonCounts(db, span, groupIds, zone)).map((row) => [
    localDay(row.sent_at, zone),
    row.topic,
    row.course,
    row.title,
    row.members,
    row.answers,
    row.correct,
    sayPercent(shareRight(row)),
  ]);
  return {
    name: '微课',
    columns: columns(['日期', '群', '课程', '微课', '作答人数', '答题数', '答对', '正确率']).map((column) =>
      column.title === '微课' || column.title === '群' ? { ...column, width: 30 } : column,
    ),
    rows,
  };
}

const KINDS: Readonly<Record<string, string>> = {
  brief: '电商动态',
  bulletin: '党建信息、通知',
  notice: '通知',
};

async function readingSheet({ db, span, zone }: ReportOf, groupIds: readonly string[]): Promise<NewSheet> {
  const inside = new Set(groupIds);
  const sent = await db
    .selectFrom('delivery')
    .innerJoin('chat_group', 'chat_group.id', 'delivery.group_id')
    .leftJoin('reading', 'reading.delivery_id', 'delivery.id')
    .leftJoin('delivery_part as part', (join) =>
      join.onRef('part.delivery_id', '=', 'delivery.id').on('part.seq', '=', 0),
    )
    .select(({ fn }) => [
      'delivery.id',
      'delivery.group_id',
      'delivery.kind',
      'delivery.sent_at',
      'chat_group.topic',
      'part.body',
      fn.count<number>('reading.id').as('read'),
    ])
    .where('delivery.kind', 'in', ['brief', 'bulletin', 'notice'])
    .where('delivery.state', '=', 'sent')
    .where('delivery.sent_at', '>=', startOfDay(span.from, zone))
    .where('delivery.sent_at', '<', startOfDay(addDays(span.to, 1), zone))
    .groupBy([
      'delivery.id',
      'delivery.group_id',
      'delivery.kind',
      'delivery.sent_at',
      'chat_group.topic',
      'part.body',
    ])
    .orderBy('delivery.sent_at')
    .execute();
  const rows = sent
    .filter((row) => inside.has(row.group_id ?? ''))
    .map((row) => [
      localDay(row.sent_at ?? 0, zone),
      row.topic,
      KINDS[row.kind] ?? '',
      (row.body ?? '').split('\n')[0] ?? '',
      Number(row.read),
    ]);
  return {
    name: '动态和通知',
    columns: columns(['日期', '群', '类别', '标题', '已阅人数']).map((column) =>
      column.title === '标题' || column.title === '群' ? { ...column, width: 36 } : column,
    ),
    rows,
  };
}

async function deliverySheet({ db, span, zone }: ReportOf, groupIds: readonly string[]): Promise<NewSheet> {
  const within = { from: startOfDay(span.from, zone), to: startOfDay(addDays(span.to, 1), zone) };
  const rows = (await listDeliveryRows(db, within, groupIds, zone)).map((row) => [
    row.no,
    row.planned_at.slice(0, 16).replace('T', ' '),
    row.topic,
    KIND_WORDS[row.kind],
    row.title ?? '',
    STATE_WORDS[row.state],
    row.reason ?? '',
  ]);
  return {
    name: '投递',
    columns: columns(['编号', '时间', '群', '类别', '微课', '结果', '原因']).map((column) =>
      ['群', '微课', '原因'].includes(column.title) ? { ...column, width: 30 } : { ...column, width: 18 },
    ),
    rows,
  };
}

/** The definitions of `figures.ts`, for whoever reads the workbook. */
const meaningSheet = ({ span, zone, now }: ReportOf, name: string): NewSheet => ({
  name: '说明',
  columns: [
    { title: '项目', width: 18 },
    { title: '含义', width: 90 },
  ],
  rows: [
    ['台账', `${name} ${saySpan(span)}`],
    ['统计时间', `${localDay(now, zone)} ${localTime(now, zone)}`],
    ['在册', '这段时间里至少有一天在这个党组织（含下级）名册上的人'],
    ['学了', '其中在册的日子里答过题或打过卡的人'],
    ['作答', '其中至少答过一题的人'],
    ['答题数、答对', '每次小测每题只算截止前最后一次答案；答题算在写下的那一天'],
    ['学习天数', '每人每天最多算一天，多个群也只算一次'],
    ['参学率', '学了 ÷ 在册'],
    ['作答率', '作答 ÷ 在册'],
    ['正确率', '答对 ÷ 答题数'],
    ['人均天数', '学习天数 ÷ 在册'],
    ['有人学的党组织', '自己名册上有人、并且至少一人学了的党组织 ÷ 自己名册上有人的党组织'],
    ['调动', '做过的算在当天所在的党组织；转走以后以前的数不变'],
    ['已阅人数', '在群里回复 已阅，或点开自己的链接按了 已阅 的人；别的都不算'],
  ],
});
