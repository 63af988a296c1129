/** Gives a first start of the sandbox its branches, roster, groups and a schedule, so that a lesson comes soon. */
import { SANDBOX_WORLD } from './channels/sandbox/world.ts';
import { HOUR, MINUTE, SECOND } from './clock.ts';
import { type Db, inTransaction } from './db/open.ts';
import type { Lesson } from './lessons/lesson.ts';
import { findGroup, recordSeenGroup } from './people/groups.ts';
import { addMember, bindIdentity } from './people/members.ts';
import { EVER, placeGroup } from './people/places.ts';
import { grantRole } from './people/roles.ts';
import { TERMINAL } from './people/scope.ts';
import { ensureUnit } from './people/units.ts';
import { addSchedule } from './schedule/schedules.ts';

const ACCOUNT = 'sandbox';
const FIRST_LESSON_IN = 20 * SECOND;

/** Does nothing when the sandbox's groups are there already. Gives whether it was the first start. */
export async function seedWorld(
  db: Db,
  lessons: readonly Lesson[],
  zone: string,
  now: number,
): Promise<boolean> {
  return await inTransaction(db, async (trx) => {
    const [room] = SANDBOX_WORLD.rooms;
    if (!room || (await findGroup(trx, ACCOUNT, room.id))) return false;
    for (const one of SANDBOX_WORLD.rooms) await seedRoom(trx, one, now);
    await seedSchedules(trx, lessons, zone, now);
    return true;
  });
}

async function seedRoom(trx: Db, room: (typeof SANDBOX_WORLD.rooms)[number], now: number): Promise<void> {
  const unitId = await ensureUnit(trx, room.unit, now);
  const members = room.people.map(({ id, nickname }) => ({ contactId: id, name: nickname }));
  const group = await recordSeenGroup(
    trx,
    { account: ACCOUNT, roomId: room.id, topic: room.topic, members },
    now,
  );
  await placeGroup(trx, group.id, unitId, EVER);
  await trx.updateTable('chat_group').set({ key: room.key, enabled: 1 }).where('id', '=', group.id).execute();
  for (const [index, person] of room.people.entries()) {
    const member = { name: person.name, unit: room.unit, status: person.status };
    const { id } = await addMember(trx, member, { who: 'seed' }, now);
    await bindIdentity(trx, { account: ACCOUNT, contactId: person.id, memberId: id, how: 'seed' }, now);
    // The first of each branch is its secretary, so that the sandbox shows their side, too.
    if (index === 0) await grantRole(trx, { memberId: id, role: 'secretary', unitId }, TERMINAL, now);
  }
}

/** The first lesson at once, then the courses three evenings a week, and the day's digest. */
async function seedSchedules(trx: Db, lessons: readonly Lesson[], zone: string, now: number): Promise<void> {
  const [first] = lessons;
  if (!first) return;
  const common = { groups: 'all', zone } as const;
  await addSchedule(
    trx,
    {
      ...common,
      kind: 'lesson',
      content: first.id,
      when: { at: now + FIRST_LESSON_IN },
      closeAfter: 30 * MINUTE,
    },
    'seed',
    now,
  );
  const courses = [...new Set(lessons.map(({ course }) => course))].filter(Boolean);
  const evenings = ['1,3,5', '2,4', '6', '0'];
  for (const [index, course] of courses.slice(0, evenings.length).entries())
    await addSchedule(
      trx,
      {
        ...common,
        kind: 'course',
        content: course,
        when: { cron: `0 20 * * ${evenings[index] ?? '1'}` },
        closeAfter: 24 * HOUR,
      },
      'seed',
      now,
    );
  await addSchedule(
    trx,
    { ...common, kind: 'digest', content: 'day', when: { cron: '30 21 * * *' } },
    'seed',
    now,
  );
}
