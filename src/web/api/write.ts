/** What programs change: schedules, sends, and what is decided about deliveries; by the rules of the chat and the console. */
import { z } from 'zod';

import { decideDelivery } from '../../chat/commands/deliveries.ts';
import { cancelSchedule, getScopedSchedule } from '../../chat/commands/timetable.ts';
import { parseDuration, parseInstant } from '../../clock.ts';
import type { ScheduleKind } from '../../db/tables.ts';
import { getListedDelivery } from '../../delivery/listing.ts';
import { SPAN_KINDS } from '../../digest/spans.ts';
import type { Lesson } from '../../lessons/lesson.ts';
import type { Group } from '../../people/groups.ts';
import { getScopedGroup } from '../../people/scope.ts';
import { scheduleFitting } from '../../schedule/add.ts';
import { sendNow } from '../../schedule/send-now.ts';
import type { When } from '../../schedule/timetable.ts';
import { sayWarning } from '../../schedule/words.ts';
import { type Call, type Endpoint, endpoint } from './endpoint.ts';
import { ProblemError } from './problem.ts';
import { deliveryView, scheduleView } from './read.ts';
import * as shape from './shapes.ts';

const duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, 'expected a duration like 2h or 1d')
  .transform((text) => parseDuration(text) ?? 0)
  .describe('Such as 30m, 2h or 1d.');

/** A plan that doesn't fit is looked for near it for so long, ms: nobody else is served meanwhile. */
const LOOK_WITHIN = 1_000;

const newSchedule = z
  .object({
    lesson: z.string().optional().describe('Id of a lesson.'),
    course: z.string().optional().describe('Name of a course: its next lesson each time.'),
    digest: z.enum(SPAN_KINDS).optional().describe('What it covers.'),
    groups: z.union([z.array(z.string()).min(1).max(2_000), z.literal('all')]),
    at: z
      .string()
      .optional()
      .describe('Once: 2026-12-01T20:00 in the zone of the server, or with an offset.'),
    cron: z.string().max(100).optional(),
    monthly: z.string().max(100).optional().describe('Such as `first fri 20:00`.'),
    close: duration.optional().describe('How long its quiz is open.'),
    days: shape.dayRule.default('all'),
    misfire: shape.misfire.default('catch-up'),
    grace: duration.optional(),
    again: z.boolean().default(false),
  })
  .strict();

const sending = z
  .object({
    lesson: z.string(),
    groups: z.array(z.string()).min(1).max(2_000),
    close: duration.optional(),
    again: z.boolean().default(false),
  })
  .strict();

const wrong = (at: string, message: string) =>
  new ProblemError({ status: 422, title: 'This can not be done', errors: [{ at, message }] });

function lessonOf({ site }: Call, id: string): Lesson {
  const lesson = site.catalogue().byId.get(id);
  if (!lesson) throw wrong('body.lesson', `there is no lesson "${id}"`);
  return lesson;
}

async function groupsOf({ db, actor }: Call, keys: readonly string[]): Promise<Group[]> {
  const groups: Group[] = [];
  for (const key of new Set(keys)) groups.push(await getScopedGroup(db, actor, key));
  return groups;
}

function contentOf(call: Call, body: z.output<typeof newSchedule>): { kind: ScheduleKind; content: string } {
  const { lesson, course, digest } = body;
  if ([lesson, course, digest].filter((one) => one !== undefined).length !== 1)
    throw wrong('body', 'name exactly one of lesson, course and digest');
  if (lesson !== undefined) return { kind: 'lesson', content: lessonOf(call, lesson).id };
  if (digest !== undefined) return { kind: 'digest', content: digest };
  const isKnown = call.site.catalogue().lessons.some((one) => one.course === course);
  if (!isKnown) throw wrong('body.course', `there is no course "${course ?? ''}"`);
  return { kind: 'course', content: course ?? '' };
}

function whenOf({ zone }: Call, { at, cron, monthly }: z.output<typeof newSchedule>): When {
  if ([at, cron, monthly].filter((one) => one !== undefined).length !== 1)
    throw wrong('body', 'name exactly one of at, cron and monthly');
  if (cron !== undefined) return { cron };
  if (monthly !== undefined) return { monthly };
  const instant = parseInstant(at ?? '', zone);
  if (instant === undefined) throw wrong('body.at', 'expected a time like 2026-12-01T20:00');
  return { at: instant };
}

export const WRITE: readonly Endpoint[] = [
  endpoint({
    method: 'post',
    path: '/schedules',
    id: 'addSchedule',
    summary: 'Schedule a lesson, a course or a digest; what can not fit is refused with the nearest plan',
    needs: 'write',
    body: newSchedule,
    result: shape.schedule,
    status: 201,
    async run(call, { body }) {
      const { db, config, actor, now, zone, site } = call;
      if (body.groups === 'all' && actor.units !== 'all')
        throw wrong('body.groups', 'all groups are the county’s: name those of yours');
      const { schedule, warnings } = await scheduleFitting(
        db,
        config,
        site.catalogue().lessons,
        {
          ...contentOf(call, body),
          groups: body.groups === 'all' ? 'all' : await groupsOf(call, body.groups),
          when: whenOf(call, body),
          zone,
          days: body.days,
          misfire: body.misfire,
          again: body.again,
          ...(body.close === undefined ? {} : { closeAfter: body.close }),
          ...(body.grace === undefined ? {} : { grace: body.grace }),
        },
        actor,
        now,
        LOOK_WITHIN,
      );
      return { ...(await scheduleView(db, actor, schedule)), warnings: warnings.map(sayWarning) };
    },
  }),
  endpoint({
    method: 'delete',
    path: '/schedules/{no}',
    id: 'removeSchedule',
    summary: 'Plan nothing of it any more; what is planned already stays',
    needs: 'write',
    params: shape.numbered,
    result: shape.schedule,
    async run({ db, actor, now }, { params: { no } }) {
      const listed = await scheduleView(db, actor, await getScopedSchedule(db, actor, no));
      const { done, said } = await cancelSchedule(db, actor, no, now);
      if (!done) throw new ProblemError({ status: 409, title: 'Nothing was changed', detail: said });
      return listed;
    },
  }),
  endpoint({
    method: 'post',
    path: '/sends',
    id: 'sendLesson',
    summary: 'Send a lesson now',
    needs: 'write',
    body: sending,
    result: shape.sent,
    status: 201,
    async run(call, { body }) {
      const sent = await sendNow(
        call.db,
        {
          lesson: lessonOf(call, body.lesson),
          groups: await groupsOf(call, body.groups),
          zone: call.zone,
          again: body.again,
          ...(body.close === undefined ? {} : { closeAfter: body.close }),
        },
        call.actor,
        call.now,
      );
      await call.poke();
      return sent;
    },
  }),
  endpoint({
    method: 'post',
    path: '/deliveries/{no}/decision',
    id: 'decideDelivery',
    summary: 'Decide about a delivery that is unknown, held or failed',
    needs: 'write',
    params: shape.numbered,
    body: z.object({ as: z.enum(['sent', 'resend', 'drop']) }).strict(),
    result: shape.delivery,
    async run({ db, actor, now, zone, poke }, { params: { no }, body }) {
      const { done, said } = await decideDelivery(db, actor, no, body.as, now);
      if (!done) throw new ProblemError({ status: 409, title: 'Nothing was changed', detail: said });
      await poke();
      return deliveryView(await getListedDelivery(db, actor, no), zone);
    },
  }),
];
