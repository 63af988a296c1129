/** What programs read: groups, members, lessons, schedules, the ledger, answers and check-ins, participation. */
import { z } from 'zod';

import { getScopedSchedule } from '../../chat/commands/timetable.ts';
import { addDays, isoInZone, startOfDay } from '../../clock.ts';
import type { Db } from '../../db/open.ts';
import type { DeliveryKind, DeliveryState } from '../../db/tables.ts';
import { getListedDelivery, type ListedDelivery, listDeliveries } from '../../delivery/listing.ts';
import { listAnswers, listCheckins, type Place } from '../../digest/facts.ts';
import { readParticipation } from '../../digest/participation.ts';
import { countDays } from '../../digest/spans.ts';
import { coverageOf, readUnitCounts } from '../../digest/unit-counts.ts';
import {
  activity,
  answerRate,
  learningRate,
  NO_COUNTS,
  type Ratio,
  shareRight,
  valueOf,
} from '../../figures.ts';
import { readTree } from '../../people/places.ts';
import { walkTree } from '../../people/tree.ts';
import type { Unit } from '../../people/units.ts';
import {
  type Actor,
  getScopedGroup,
  isInScope,
  notFound,
  scopedGroups,
  scopedMembers,
  scopedUnits,
} from '../../people/scope.ts';
import {
  groupsOf,
  listedSchedule,
  type ListedSchedule,
  listSchedules,
  type Schedule,
} from '../../schedule/schedules.ts';
import { type Call, type Endpoint, endpoint } from './endpoint.ts';
import { pageOf, pageQuery, pageThrough, readCursor, writeCursor } from './paging.ts';
import * as shape from './shapes.ts';

/** Two years, and the day that a leap year has more. */
const LONGEST_SPAN = 732;

const place = z.tuple([z.number(), z.string()]);

/** The instants of a span of local days; without ends it is open there. */
function spanOf({ zone }: Call, { from, to }: { from?: string | undefined; to?: string | undefined }) {
  return {
    from: from === undefined ? 0 : startOfDay(from, zone),
    to: to === undefined ? Number.MAX_SAFE_INTEGER : startOfDay(addDays(to, 1), zone),
  };
}

const groupIdOf = async ({ db, actor }: Call, key: string | undefined): Promise<{ groupId?: string }> =>
  key === undefined ? {} : { groupId: (await getScopedGroup(db, actor, key)).id };

export const deliveryView = (row: ListedDelivery, zone: string) => {
  const at = (instant: number | null) => (instant === null ? null : isoInZone(instant, zone));
  return {
    no: row.no,
    id: row.id,
    group: row.key,
    kind: row.kind,
    content: row.content,
    title: row.lesson ?? row.notice,
    state: row.state,
    reason: row.reason,
    planned_at: isoInZone(row.planned_at, zone),
    sent_at: at(row.sent_at),
    held_until: at(row.held_until),
  };
};

/** With the keys of the groups that the actor may know of. */
export async function scheduleView(db: Db, actor: Actor, schedule: Schedule): Promise<ListedSchedule> {
  const listed = await listedSchedule(db, schedule);
  if (actor.units === 'all' || schedule.all_groups === 1) return listed;
  const own = (await groupsOf(db, schedule)).filter(({ unit_id: unitId }) => isInScope(actor, unitId));
  return { ...listed, groups: own.map(({ key }) => key) };
}

export const READ: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/groups',
    id: 'listGroups',
    summary: 'Chat groups in scope',
    needs: 'read',
    query: z.object(pageQuery),
    result: pageOf(shape.group),
    async run({ db, actor }, { query }) {
      const rows = await scopedGroups(db, actor)
        .leftJoin('unit', 'unit.id', 'chat_group.unit_id')
        .select((eb) => [
          'unit.name as unit',
          eb
            .selectFrom('group_member')
            .select(({ fn }) => fn.countAll().as('members'))
            .whereRef('group_member.group_id', '=', 'chat_group.id')
            .where('group_member.left_at', 'is', null)
            .as('members'),
        ])
        .orderBy('chat_group.created_at')
        .orderBy('chat_group.id')
        .execute();
      const page = pageThrough(rows, ({ id }) => id, query);
      return {
        ...page,
        items: page.items.map((row) => ({
          key: row.key,
          account: row.account,
          topic: row.topic,
          enabled: row.enabled === 1,
          members: Number(row.members),
          unit: row.unit,
          state: row.state,
        })),
      };
    },
  }),
  endpoint({
    method: 'get',
    path: '/members',
    id: 'listMembers',
    summary: 'The roster and the guests in scope, without those who have left',
    needs: 'read',
    query: z.object(pageQuery),
    result: pageOf(shape.member),
    async run({ db, actor }, { query: { limit, cursor } }) {
      const after = readCursor(cursor, z.string());
      const rows = await scopedMembers(db, actor)
        .leftJoin('unit as home', 'home.id', 'member.unit_id')
        .select('home.name as unit')
        .where('member.left_at', 'is', null)
        .where('member.merged_into', 'is', null)
        .where('member.erased_at', 'is', null)
        .$if(after !== undefined, (found) => found.where('member.id', '>', after ?? ''))
        .orderBy('member.id')
        .limit(limit + 1)
        .execute();
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map((row) => ({
          id: row.id,
          name: row.name,
          unit: row.unit,
          status: row.status,
          number: row.number,
          certified: row.certified_at !== null,
        })),
        next: last && rows.length > limit ? writeCursor(last.id) : null,
      };
    },
  }),
  endpoint({
    method: 'get',
    path: '/lessons',
    id: 'listLessons',
    summary: 'Lessons that can be sent',
    needs: 'read',
    query: z.object(pageQuery),
    result: pageOf(shape.lesson),
    async run({ site }, { query }) {
      const page = pageThrough(site.catalogue().lessons, ({ id }) => id, query);
      return {
        ...page,
        items: page.items.map(({ id, title, course, questions }) => ({
          id,
          title,
          course,
          questions: questions.length,
        })),
      };
    },
  }),
  endpoint({
    method: 'get',
    path: '/schedules',
    id: 'listSchedules',
    summary: 'What is scheduled for groups in scope',
    needs: 'read',
    query: z.object(pageQuery),
    result: pageOf(shape.schedule),
    async run({ db, actor }, { query }) {
      const seen = [];
      for (const schedule of await listSchedules(db)) {
        const groups = actor.units === 'all' ? [] : await groupsOf(db, schedule);
        if (actor.units === 'all' || groups.some(({ unit_id: unitId }) => isInScope(actor, unitId)))
          seen.push(schedule);
      }
      const page = pageThrough(seen, ({ id }) => id, query);
      const items = [];
      for (const schedule of page.items) items.push(await scheduleView(db, actor, schedule));
      return { ...page, items };
    },
  }),
  endpoint({
    method: 'get',
    path: '/schedules/{no}',
    id: 'getSchedule',
    summary: 'One schedule',
    needs: 'read',
    params: shape.numbered,
    result: shape.schedule,
    run: async ({ db, actor }, { params }) =>
      await scheduleView(db, actor, await getScopedSchedule(db, actor, params.no)),
  }),
  endpoint({
    method: 'get',
    path: '/deliveries',
    id: 'listDeliveries',
    summary: 'The ledger, the newest first',
    needs: 'read',
    query: z.object({
      ...pageQuery,
      ...shape.span,
      group: z.string().optional().describe('Key of a group.'),
      state: shape.deliveryState.optional(),
      kind: shape.deliveryKind.optional(),
    }),
    result: pageOf(shape.delivery),
    async run(call, { query }) {
      const { db, actor, zone } = call;
      const { limit, cursor, group, state, kind } = query;
      const before = readCursor(cursor, z.number());
      const rows = await listDeliveries(db, actor, {
        ...spanOf(call, query),
        ...(await groupIdOf(call, group)),
        ...(state === undefined ? {} : { states: [state satisfies DeliveryState] }),
        ...(kind === undefined ? {} : { kinds: [kind satisfies DeliveryKind] }),
        ...(before === undefined ? {} : { before }),
        limit: limit + 1,
      });
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map((row) => deliveryView(row, zone)),
        next: last && rows.length > limit ? writeCursor(last.no) : null,
      };
    },
  }),
  endpoint({
    method: 'get',
    path: '/deliveries/{no}',
    id: 'getDelivery',
    summary: 'One delivery',
    needs: 'read',
    params: shape.numbered,
    result: shape.delivery,
    run: async ({ db, actor, zone }, { params }) =>
      deliveryView(await getListedDelivery(db, actor, params.no), zone),
  }),
  endpoint({
    method: 'get',
    path: '/answers',
    id: 'listAnswers',
    summary: 'One row per question answered, in the order of writing',
    needs: 'read',
    query: z.object({ ...pageQuery, ...shape.span, group: z.string().optional() }),
    result: pageOf(shape.answer),
    run: async (call, { query }) => await pageOfFacts(call, query, listAnswers),
  }),
  endpoint({
    method: 'get',
    path: '/checkins',
    id: 'listCheckins',
    summary: 'Check-ins, in the order of writing',
    needs: 'read',
    query: z.object({ ...pageQuery, ...shape.span, group: z.string().optional() }),
    result: pageOf(shape.checkin),
    run: async (call, { query }) => await pageOfFacts(call, query, listCheckins),
  }),
  endpoint({
    method: 'get',
    path: '/participation',
    id: 'readParticipation',
    summary: 'Who took part, by group, in a span of local days',
    needs: 'read',
    query: z.object({ from: shape.day, to: shape.day }),
    result: shape.participation,
    async run({ db, actor }, { query: { from, to } }) {
      const { groups } = await readParticipation(db, from, to, actor);
      return { from, to, groups };
    },
  }),
  endpoint({
    method: 'get',
    path: '/units',
    id: 'listUnits',
    summary: 'Organisation units in scope, as the tree stands today, each before those below it',
    needs: 'read',
    query: z.object(pageQuery),
    result: pageOf(shape.unit),
    async run({ db, actor }, { query }) {
      const known = new Map((await scopedUnits(db, actor).execute()).map((row) => [row.id, row]));
      const own = walkTree(await readTree(db)).flatMap(({ node }) => known.get(node.id) ?? []);
      const page = pageThrough(own, ({ id }) => id, query);
      return { ...page, items: page.items.map((row) => unitView(actor, row)) };
    },
  }),
  endpoint({
    method: 'get',
    path: '/units/{id}/figures',
    id: 'readUnitFigures',
    summary: 'The figures of a unit with everything below it, in a span of local days',
    needs: 'read',
    params: z.object({ id: z.string().max(100) }),
    query: z
      .object({
        from: shape.day,
        to: shape.day.describe(`The last local day, at most ${LONGEST_SPAN} days from the first.`),
      })
      .refine(({ from, to }) => from <= to, { path: ['to'], message: 'it lies before `from`' })
      .refine(({ from, to }) => countDays(from, to) <= LONGEST_SPAN, {
        path: ['to'],
        message: `more than ${LONGEST_SPAN} days: ask for them in pieces`,
      }),
    result: shape.figures,
    async run({ db, actor }, { params: { id }, query: { from, to } }) {
      const row = await scopedUnits(db, actor).where('unit.id', '=', id).executeTakeFirst();
      if (!row) throw notFound('unit', id);
      const units = await readUnitCounts(db, { from, to }, id);
      const counts = units.counts.get(id) ?? NO_COUNTS;
      return {
        unit: unitView(actor, row),
        from,
        to,
        counts,
        figures: {
          learning_rate: ratioView(learningRate(counts)),
          answer_rate: ratioView(answerRate(counts)),
          share_right: ratioView(shareRight(counts)),
          activity: ratioView(activity(counts)),
          coverage: ratioView(coverageOf(units, id)),
        },
      };
    },
  }),
];

const ratioView = (ratio: Ratio) => ({ ...ratio, value: valueOf(ratio) ?? null });

/** What lies above the scope isn't theirs to know of. */
const unitView = (
  actor: Actor,
  { id, name, kind, parent_id: parentId }: Pick<Unit, 'id' | 'name' | 'kind' | 'parent_id'>,
) => ({
  id,
  name,
  kind,
  parent: isInScope(actor, parentId) ? parentId : null,
});

interface FactsAsked {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly group?: string | undefined;
}

async function pageOfFacts<Row>(
  call: Call,
  asked: FactsAsked,
  list: (
    db: Call['db'],
    actor: Call['actor'],
    query: {
      readonly groupId?: string;
      readonly from: number;
      readonly to: number;
      readonly after?: Place;
      readonly limit: number;
    },
    zone: string,
  ) => Promise<{ readonly rows: readonly Row[]; readonly last?: Place }>,
): Promise<{ items: Row[]; next: string | null }> {
  const after = readCursor(asked.cursor, place);
  const { rows, last } = await list(
    call.db,
    call.actor,
    {
      ...spanOf(call, asked),
      ...(await groupIdOf(call, asked.group)),
      ...(after ? { after: { at: after[0], id: after[1] } } : {}),
      limit: asked.limit,
    },
    call.zone,
  );
  // A page that is full may be the last: then the next one is empty.
  return {
    items: [...rows],
    next: last && rows.length === asked.limit ? writeCursor([last.at, last.id]) : null,
  };
}
