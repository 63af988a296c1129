/** `排课 花茶保鲜 周五 20:00 花茶支部群`: understood, said back, and planned only after 确认. */
import { HOUR, saySpan } from '../../clock.ts';
import type { Db } from '../../db/open.ts';
import { UserError } from '../../errors.ts';
import type { Lesson } from '../../lessons/lesson.ts';
import type { Named } from '../../lessons/names.ts';
import type { Group } from '../../people/groups.ts';
import { type Actor, scopedGroups } from '../../people/scope.ts';
import { fitPlan, MisfitError, scheduleFitting } from '../../schedule/add.ts';
import type { Times } from '../../schedule/nearby.ts';
import { quietHoursOf } from '../../delivery/pace.ts';
import { isPacedAccount } from '../../schedule/outlook.ts';
import { DEFAULT_CLOSE_AFTER, type NewSchedule } from '../../schedule/schedules.ts';
import { lessonsOfCourse, taughtTo } from '../../schedule/syllabus.ts';
import { amendWhen } from '../plan/amend.ts';
import {
  type Addressee,
  type Content,
  type PlanContext,
  type PlanDraft,
  readContent,
  readGroups,
  readPlan,
  type Slot,
} from '../plan/read.ts';
import { type Rule, type SaidWhen, sayInstant, sayOnce } from '../plan/rule.ts';
import type { WhenReading } from '../plan/reading.ts';
import { sayMisfit } from './misfit.ts';
import { type DeskCommand, type DeskContext, type Dialog, type Said, sayOptions } from './desk.ts';

type Step = 'content' | 'groups' | 'when' | 'confirm';

interface PlanState {
  readonly draft: PlanDraft;
  readonly step: Step;
}

const HOW = [
  '这样排：排课 课名 时间 群，如',
  '• 排课 花茶保鲜 周五 20:00 花茶支部群',
  '• 排课 网上卖货 每周一三五 晚上8点 所有群（课程，一次一课）',
].join('\n');

/** How long a plan near one that doesn't fit is looked for, ms: others wait meanwhile. */
const LOOK_WITHIN = 300;

export const plan: DeskCommand = async (rest, context) => {
  if (rest === '') return HOW;
  return await goOn(readPlan(rest, await planContext(context)), context);
};

/** The groups that somebody may plan for. */
export const listOwnGroups = (db: Db, actor: Actor): Promise<Group[]> =>
  scopedGroups(db, actor)
    .where('chat_group.enabled', '=', 1)
    .orderBy('chat_group.created_at')
    .orderBy('chat_group.id')
    .execute();

/** The same with the names under which people know them. */
export async function listNamedGroups(
  db: Db,
  actor: Actor,
): Promise<{ groups: Group[]; named: Named<Addressee>[] }> {
  const groups = await listOwnGroups(db, actor);
  const units = await db.selectFrom('unit').select(['id', 'name']).execute();
  const unitOf = new Map(units.map(({ id, name }) => [id, name]));
  const named = groups.map(({ id, topic, key, unit_id: unitId }) => {
    const unit = unitId === null ? undefined : unitOf.get(unitId);
    return { value: { id, say: topic || key }, names: [topic, key, ...(unit === undefined ? [] : [unit])] };
  });
  return { groups, named };
}

async function planContext({ db, actor, now, config, lessons }: DeskContext): Promise<PlanContext> {
  const { groups, named } = await listNamedGroups(db, actor);
  const isHeld = groups.some(({ account }) => isPacedAccount(config, account));
  const quiet = isHeld ? await quietHoursOf(db, config) : undefined;
  return {
    now,
    zone: config.zone,
    ...(quiet ? { quiet } : {}),
    contents: contentsOf(lessons),
    groups: named,
  };
}

function contentsOf(lessons: readonly Lesson[]): Named<Content>[] {
  const courses = [...new Set(lessons.map(({ course }) => course))].filter(Boolean);
  return [
    ...lessons.map(({ id, title, tags }) => ({
      value: { kind: 'lesson' as const, id, say: `微课《${title}》` },
      names: [title, id],
      words: tags,
    })),
    ...courses.map((course) => ({
      value: { kind: 'course' as const, id: course, say: `课程《${course}》` },
      names: [course],
    })),
  ];
}

/** Asks about what is open, the content first; with everything known it says it back. */
async function goOn(draft: PlanDraft, context: DeskContext, note?: string): Promise<Said> {
  for (const step of ['content', 'groups', 'when'] as const) {
    const slot = draft[step];
    if (slot.kind === 'known') continue;
    const text =
      slot.kind === 'choice'
        ? sayOptions(slot.text, slot.options, '不排')
        : `${slot.text}。\n直接回就行，回 取消 就不排。`;
    return { text: note === undefined ? text : `${note}\n${text}`, ask: asking(draft, step) };
  }
  return await sayBack(draft, context, note);
}

const asking = (draft: PlanDraft, step: Step) => ({
  kind: 'plan',
  state: { draft, step } satisfies PlanState,
});

/** What was understood: absolute, with the weekday, and when the quiz closes. Nothing is planned yet. */
async function sayBack(draft: PlanDraft, context: DeskContext, note?: string): Promise<Said> {
  const planned = await makePlan(draft, context);
  if ('problem' in planned) return planned.problem;
  const { added, lines, when } = planned;
  try {
    const { planned: fits } = await fitPlan(
      context.db,
      context.config,
      context.lessons,
      added,
      context.actor.who,
      context.now,
      LOOK_WITHIN,
    );
    const text = [
      ...(note === undefined ? [] : [note]),
      '我的理解：',
      ...lines.map((line) => `• ${line}`),
      ...sayTimes(when, added, fits.schedule.next_at ?? context.now, context).map((line) => `• ${line}`),
      '回 确认 就排上，回 取消 就不排。',
    ].join('\n');
    return { text, ask: asking(draft, 'confirm') };
  } catch (error) {
    return await sayWhyNot(error, draft, context);
  }
}

/** A plan that can't be carried out is answered with the nearest that can. */
async function sayWhyNot(error: unknown, draft: PlanDraft, context: DeskContext): Promise<Said> {
  if (!(error instanceof UserError)) throw error;
  const again: PlanDraft = { ...draft, when: { kind: 'ask', text: '换到什么时候？请写完整的时间' } };
  if (!(error instanceof MisfitError)) return await goOn(again, context, '这个时间轮不到，排不了。');
  const why = sayMisfit(error.misfit, context);
  const when = draft.when.kind === 'known' ? nearby(draft.when.value, error.nearest, context) : undefined;
  if (!when) return await goOn(again, context, why);
  return await sayBack(
    { ...draft, when: { kind: 'known', value: when } },
    context,
    `${why}最近能排的是：${when.say}。`,
  );
}

/** The nearest plan in words, where only the hour differs or it is once. */
function nearby(
  when: SaidWhen,
  times: Times | undefined,
  { now, config }: DeskContext,
): SaidWhen | undefined {
  if (!times) return undefined;
  if (times.at !== null) return sayOnce(times.at, now, config.zone);
  const rule: Rule | undefined =
    times.cron !== null
      ? { cron: times.cron }
      : times.monthly !== null
        ? { monthly: times.monthly }
        : undefined;
  const time = rule && timeOf(rule);
  if (!rule || time === undefined || dayPartOf(rule) !== dayPartOf(when.rule)) return undefined;
  return { ...when, rule, say: when.say.replace(/\d\d:\d\d/, time) };
}

const two = (text: string) => text.padStart(2, '0');

function timeOf(rule: Rule): string | undefined {
  if ('at' in rule) return undefined;
  if ('monthly' in rule) return /\d\d:\d\d$/.exec(rule.monthly)?.[0];
  const [minute = '', hour = ''] = rule.cron.split(' ');
  return /^\d+ \d+$/.test(`${minute} ${hour}`) ? `${two(hour)}:${two(minute)}` : undefined;
}

const dayPartOf = (rule: Rule): string =>
  'at' in rule
    ? ''
    : 'monthly' in rule
      ? rule.monthly.replace(/ ?\d\d:\d\d$/, '')
      : rule.cron.split(' ').slice(2).join(' ');

interface Planned {
  readonly added: NewSchedule;
  readonly lines: readonly string[];
  readonly when: SaidWhen;
}

/** The schedule that a draft stands for, as things are now: lessons and groups may have changed since it was asked. */
async function makePlan(
  draft: PlanDraft,
  context: DeskContext,
): Promise<Planned | { readonly problem: string }> {
  const { content, groups: addressed, when } = draft;
  if (content.kind !== 'known' || addressed.kind !== 'known' || when.kind !== 'known')
    throw new TypeError('a plan with open questions');
  const { db, actor, config, now, lessons, linkBase } = context;
  const own = await listOwnGroups(db, actor);
  const groups = own.filter(({ id }) => addressed.value.some((one) => one.id === id));
  if (groups.length < addressed.value.length)
    return { problem: '有的群现在不归你管或停用了，请重新排一次。' };
  if ('at' in when.value.rule && when.value.rule.at <= now)
    return { problem: `${when.value.say} 已经过了，没有排。请重新排一次。` };
  const told =
    content.value.kind === 'lesson'
      ? await tellLesson(db, content.value, groups, lessons, linkBase)
      : await tellCourse(db, content.value, groups, lessons);
  if ('problem' in told) return told;
  const closeAfter = draft.closeAfter ?? DEFAULT_CLOSE_AFTER;
  return {
    added: {
      kind: content.value.kind,
      content: content.value.id,
      groups: told.groups,
      when: when.value.rule,
      zone: config.zone,
      closeAfter,
      days: when.value.days,
    },
    lines: [...told.lines, `群：${told.groups.map(({ topic }) => topic).join('、')}`],
    when: when.value,
  };
}

type Told =
  { readonly lines: readonly string[]; readonly groups: readonly Group[] } | { readonly problem: string };

async function tellLesson(
  db: Db,
  { id, say }: Content,
  groups: readonly Group[],
  lessons: readonly Lesson[],
  linkBase: string | undefined,
): Promise<Told> {
  const lesson = lessons.find((one) => one.id === id);
  if (!lesson) return { problem: `${say}现在不能发，没有排。` };
  const left: Group[] = [];
  const had: string[] = [];
  for (const group of groups)
    if ((await taughtTo(db, group.id)).hashes.has(lesson.hash)) had.push(group.topic);
    else left.push(group);
  if (left.length === 0) return { problem: `${had.join('、')}已经发过${say}，不会再发，没有排。` };
  const quiz = lesson.questions.length > 0 ? `（${lesson.questions.length} 题）` : '（没有小测）';
  return {
    lines: [
      `课：《${lesson.title}》${quiz}${linkBase === undefined ? '' : ` ${linkBase}/l/${lesson.id}`}`,
      ...(had.length > 0 ? [`已经发过、不再发的群：${had.join('、')}`] : []),
    ],
    groups: left,
  };
}

async function tellCourse(
  db: Db,
  { id }: Content,
  groups: readonly Group[],
  lessons: readonly Lesson[],
): Promise<Told> {
  const course = lessonsOfCourse(lessons, id);
  const next = [];
  for (const group of groups) {
    const { ids } = await taughtTo(db, group.id);
    const left = course.filter((lesson) => !ids.has(lesson.id));
    next.push({ group, left });
  }
  const open = next.filter(({ left }) => left.length > 0);
  if (open.length === 0) return { problem: `课程《${id}》已经学完，没有排。` };
  const lines = open.map(({ group, left }) => {
    const from = `从《${left[0]?.title ?? ''}》起，还有 ${left.length} 课`;
    return groups.length > 1 ? `${group.topic}${from}` : from;
  });
  return { lines: [`课程：《${id}》，一次一课`, ...lines], groups: open.map(({ group }) => group) };
}

function sayTimes(
  { rule, say }: SaidWhen,
  { closeAfter = DEFAULT_CLOSE_AFTER }: NewSchedule,
  first: number,
  { now, config }: DeskContext,
): string[] {
  const at = (instant: number) => sayInstant(instant, now, config.zone);
  if ('at' in rule) return [`时间：${at(first)}`, `小测截止：${at(first + closeAfter)}`];
  return [`时间：${say}`, `第一次：${at(first)}`, `小测：每次发出后 ${saySpan(closeAfter)}截止`];
}

export const planDialog: Dialog = {
  async answer(reply, given, context) {
    const { draft, step } = given as PlanState;
    if (reply.kind === 'no') return '好，没有排。';
    if (step === 'confirm')
      return reply.kind === 'yes' ? await carryOut(draft, context) : await sayBack(draft, context);
    const slot: Slot<unknown> = draft[step];
    if (slot.kind !== 'choice') return await goOn(draft, context);
    const no = reply.kind === 'number' ? reply.no : slot.options.length === 1 ? 1 : 0;
    const chosen = slot.options[no - 1];
    if (!chosen) return await goOn(draft, context, `请回 1 到 ${slot.options.length} 的数字。`);
    return await goOn({ ...draft, [step]: { kind: 'known', value: chosen.value } }, context);
  },

  async amend(said, given, context) {
    const { draft, step } = given as PlanState;
    const here = await planContext(context);
    if (step === 'when' || step === 'confirm') {
      const amended = amendWhen(draft.said, said, here);
      if (!amended) return undefined;
      return await goOn({ ...draft, said: amended.said, when: slotOf(amended.reading) }, context);
    }
    const slot = step === 'content' ? readContent(said, here) : readGroups(said, here);
    return slot.kind === 'ask' ? undefined : await goOn({ ...draft, [step]: slot }, context);
  },
};

const slotOf = (reading: WhenReading): Slot<SaidWhen> =>
  reading.kind === 'when'
    ? { kind: 'known', value: reading.when }
    : reading.kind === 'choice'
      ? { ...reading, options: reading.options.map((value) => ({ say: value.say, value })) }
      : { kind: 'ask', text: reading.text };

async function carryOut(draft: PlanDraft, context: DeskContext): Promise<Said> {
  const planned = await makePlan(draft, context);
  if ('problem' in planned) return planned.problem;
  const { db, config, lessons, actor, now } = context;
  try {
    const { schedule } = await scheduleFitting(db, config, lessons, planned.added, actor, now, LOOK_WITHIN);
    const first = sayInstant(schedule.next_at ?? now, now, config.zone);
    const isSoon = (schedule.next_at ?? now) - now < HOUR;
    const hint = isSoon ? '' : '发 课表 可以看这一周的。';
    return `排好了，${schedule.no} 号：${first}。${hint}要撤就发 取消 ${schedule.no}。`;
  } catch (error) {
    return await sayWhyNot(error, draft, context);
  }
}
