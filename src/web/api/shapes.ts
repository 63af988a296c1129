/** The schemas of what the interface takes and gives: the router checks by them, the document is made from them. */
import { z } from 'zod';

import { addDays } from '../../clock.ts';
import { STATES } from '../../delivery/states.ts';

const instant = z.iso.datetime({ offset: true }).describe('ISO 8601 with its offset.');

export const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'expected a day like 2026-11-01')
  .refine((text) => !Number.isNaN(Date.parse(text)) && addDays(text, 0) === text, 'no such day')
  .describe('A local day, as 2026-11-01.');

export const span = {
  from: day.optional().describe('The first local day.'),
  to: day.optional().describe('The last local day.'),
};

export const numbered = z.object({ no: z.coerce.number().int().min(1).max(2_147_483_647) });

export const group = z
  .object({
    key: z.string(),
    account: z.string(),
    topic: z.string(),
    enabled: z.boolean(),
    members: z.number().int().describe('Who is there now, the bot left out.'),
    unit: z.string().nullable(),
    state: z.string(),
  })
  .meta({ id: 'Group' });

export const member = z
  .object({
    id: z.string(),
    name: z.string(),
    unit: z.string().nullable(),
    status: z.string(),
    number: z.string().nullable(),
    certified: z.boolean(),
  })
  .meta({ id: 'Member' });

export const lesson = z
  .object({ id: z.string(), title: z.string(), course: z.string(), questions: z.number().int() })
  .meta({ id: 'Lesson' });

export const dayRule = z.enum(['all', 'workdays-only', 'skip-holidays', 'move-to-next-workday']);
export const misfire = z.enum(['catch-up', 'fold', 'skip']);

export const schedule = z
  .object({
    no: z.number().int(),
    id: z.string(),
    content: z.string().describe('`lesson:ID`, `course:NAME` or `digest:day`.'),
    groups: z.array(z.string()).readonly().describe('Keys, or `["all"]`.'),
    when: z.string(),
    next_at: z.string().nullable(),
    days: dayRule,
    misfire,
    grace: z.string(),
    again: z.boolean(),
    warnings: z.array(z.string()).readonly().optional(),
  })
  .meta({ id: 'Schedule' });

export const deliveryState = z.enum(STATES);

export const deliveryKind = z.enum([
  'lesson',
  'digest',
  'key',
  'ack',
  'reply',
  'notice',
  'brief',
  'bulletin',
  'reminder',
  'weekly',
]);

export const delivery = z
  .object({
    no: z.number().int(),
    id: z.string(),
    group: z.string(),
    kind: deliveryKind,
    content: z.string(),
    title: z.string().nullable(),
    state: deliveryState,
    reason: z.string().nullable(),
    planned_at: instant,
    sent_at: instant.nullable(),
    held_until: instant.nullable(),
  })
  .meta({ id: 'Delivery' });

export const answer = z
  .object({
    message_id: z.string().describe("The channel's own id."),
    group: z.string(),
    member_id: z.string(),
    member: z.string(),
    lesson: z.string(),
    question: z.number().int(),
    value: z.string().describe('The letters as `AC`, or the word.'),
    correct: z.boolean(),
    counted: z.boolean(),
    written_at: instant,
    recorded_at: instant,
    score: z.number(),
    makeup: z.boolean(),
    withdrawn: z.boolean(),
  })
  .meta({ id: 'Answer' });

export const checkin = z
  .object({
    message_id: z.string(),
    group: z.string(),
    member_id: z.string(),
    member: z.string(),
    day: z.string(),
    note: z.string(),
    written_at: instant,
    makeup: z.boolean(),
    withdrawn: z.boolean(),
  })
  .meta({ id: 'Checkin' });

export const participation = z
  .object({
    from: day,
    to: day,
    groups: z
      .array(
        z.object({
          key: z.string(),
          topic: z.string(),
          people: z.number().int(),
          learned: z.number().int().describe('Who answered or checked in at least once.'),
          answers: z.number().int(),
          correct: z.number().int(),
          checkins: z.number().int(),
        }),
      )
      .readonly(),
  })
  .meta({ id: 'Participation' });

export const unit = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.string().describe('党工委, 党委, 党支部 …'),
    parent: z.string().nullable().describe('The unit above; null at the top, and of the highest in scope.'),
  })
  .meta({ id: 'Unit' });

const ratio = (description: string) =>
  z
    .object({
      part: z.number().int(),
      base: z.number().int(),
      value: z.number().nullable().describe('The quotient; null where there is nothing to divide by.'),
    })
    .describe(description);

/** The figures of `src/figures.ts`, under their names there. */
export const figures = z
  .object({
    unit,
    from: day,
    to: day,
    counts: z.object({
      base: z.number().int().describe('Members on the roster there on at least one day of the span.'),
      learned: z.number().int().describe('Of those, who answered or checked in while they stood there.'),
      answered: z.number().int(),
      answers: z.number().int().describe('Answers that count: to each question of each quiz the last one.'),
      correct: z.number().int(),
      days: z.number().int().describe('Member-days with an answer or a check-in.'),
      checkins: z.number().int(),
    }),
    figures: z.object({
      learning_rate: ratio('learned / base'),
      answer_rate: ratio('answered / base'),
      share_right: ratio('correct / answers'),
      activity: ratio('days / base: days per member, no share'),
      coverage: ratio('Units with members of their own in which anybody learned / such units.'),
    }),
  })
  .meta({ id: 'Figures' });

export const sent = z
  .object({ occurrence: z.string(), deliveries: z.array(z.string()).readonly() })
  .meta({ id: 'Sent' });

export const problem = z
  .object({
    type: z.string(),
    status: z.number().int(),
    title: z.string(),
    detail: z.string().optional(),
    errors: z.array(z.object({ at: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
