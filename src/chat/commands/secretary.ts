/** The commands of secretaries and admins by name: what runs, who may, and what its numbers stand for. */
import type { Rank } from '../../people/scope.ts';
import { type SecretaryCommand, wordsOfCommand } from '../secretary-words.ts';
import { announce, announceDialog, revise, withdraw, write } from './announce.ts';
import { arrived, deliveries, drop, resend } from './deliveries.ts';
import type { DeskCommand, Dialog } from './desk.ts';
import { grant, grantDialog, revoke } from './grant.ts';
import { behind, progress } from './learned.ts';
import { desk, logOut } from './login.ts';
import { plan, planDialog } from './plan.ts';
import { approve, approveDialog, reviews, sendBack } from './review.ts';
import { cancel, timetable } from './timetable.ts';

export interface DeskEntry {
  readonly run: DeskCommand;
  /** The least rank that it is there for; to all others it isn't. */
  readonly least: Rank;
  /** What is named behind it: what a test tries with somebody else's. */
  readonly names: 'nothing' | 'group' | 'delivery' | 'schedule' | 'review' | 'member' | 'code';
}

export const DESK: Readonly<Record<SecretaryCommand, DeskEntry>> = {
  plan: { run: plan, least: 'secretary', names: 'group' },
  timetable: { run: timetable, least: 'secretary', names: 'nothing' },
  cancel: { run: cancel, least: 'secretary', names: 'schedule' },
  behind: { run: behind, least: 'secretary', names: 'group' },
  progress: { run: progress, least: 'secretary', names: 'group' },
  announce: { run: announce, least: 'secretary', names: 'group' },
  write: { run: write, least: 'secretary', names: 'nothing' },
  revise: { run: revise, least: 'secretary', names: 'review' },
  withdraw: { run: withdraw, least: 'secretary', names: 'review' },
  deliveries: { run: deliveries, least: 'secretary', names: 'nothing' },
  resend: { run: resend, least: 'secretary', names: 'delivery' },
  arrived: { run: arrived, least: 'secretary', names: 'delivery' },
  drop: { run: drop, least: 'secretary', names: 'delivery' },
  reviews: { run: reviews, least: 'secretary', names: 'review' },
  approve: { run: approve, least: 'secretary', names: 'review' },
  return: { run: sendBack, least: 'secretary', names: 'review' },
  grant: { run: grant, least: 'department', names: 'member' },
  revoke: { run: revoke, least: 'department', names: 'member' },
  desk: { run: desk, least: 'member', names: 'code' },
  'log-out': { run: logOut, least: 'member', names: 'nothing' },
};

/** Who takes the answer to a question, by the kind that it was asked with. */
export const DIALOGS: Readonly<Record<string, Dialog>> = {
  plan: planDialog,
  announce: announceDialog,
  approve: approveDialog,
  grant: grantDialog,
};

/** The words of the commands that are there for whoever has the rank. */
export const wordsFor = (has: (least: Rank) => boolean): string[] =>
  (Object.keys(DESK) as SecretaryCommand[])
    .filter((name) => has(DESK[name].least))
    .flatMap((name) => wordsOfCommand(name));
