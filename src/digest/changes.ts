/** What answers changed, carried on: to the rollups at once, to the points of the days that it touches. */
import { localDay } from '../clock.ts';
import type { Db } from '../db/open.ts';
import type { AnswerChanges } from '../quiz/answers.ts';
import { notePointsDue } from '../quiz/points-due.ts';
import { addToMemberDays, addToWindow } from './rollups.ts';

/** Adds what began or ceased to count to the rollups, and notes the days whose points may change. */
export async function applyChanges(
  trx: Db,
  place: { windowId: string; groupId: string; memberId: string; zone: string },
  { members, lines }: AnswerChanges,
): Promise<void> {
  const { windowId, groupId, memberId, zone } = place;
  await addToWindow(trx, windowId, { members, questions: lines });
  const days = lines.map(({ writtenAt, answers, correct }) => ({
    groupId,
    memberId,
    day: localDay(writtenAt, zone),
    answers,
    correct,
    checkins: 0,
  }));
  await addToMemberDays(trx, days);
  await notePointsDue(
    trx,
    [...new Set(days.map(({ day }) => day))].map((day) => ({ groupId, memberId, day })),
  );
}
