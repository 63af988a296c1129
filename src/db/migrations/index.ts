/** Appended to, never edited: a migration that has landed is history. */
import { first } from './0001_first.ts';
import { policies } from './0002_policies.ts';
import { trustedDelivery } from './0003_trusted_delivery.ts';
import { schedulePolicies } from './0004_schedule_policies.ts';
import { people } from './0005_people.ts';
import { speed } from './0006_speed.ts';
import { learning } from './0007_learning.ts';
import { reviewSessions } from './0008_review_sessions.ts';
import { newsDigests } from './0009_news_digests.ts';
import { answersByTime } from './0010_answers_by_time.ts';
import { pictures } from './0011_pictures.ts';
import { longerDigests } from './0012_longer_digests.ts';
import { loginSeats } from './0013_login_seats.ts';
import { consoleTables } from './0015_console.ts';
import { apiTokens } from './0016_api_tokens.ts';
import { exportJobs } from './0017_export_jobs.ts';
import { unitMonths } from './0018_unit_months.ts';
import { bankVersions } from './0020_bank_versions.ts';
import { slimmerParts } from './0021_slimmer_parts.ts';
import { takenBack } from './0025_taken_back.ts';
import { bankLooks } from './0027_bank_looks.ts';
import type { Migration } from './columns.ts';

export const MIGRATIONS: readonly Migration[] = [
  first,
  policies,
  trustedDelivery,
  schedulePolicies,
  people,
  speed,
  learning,
  reviewSessions,
  newsDigests,
  answersByTime,
  pictures,
  longerDigests,
  loginSeats,
  consoleTables,
  apiTokens,
  exportJobs,
  unitMonths,
  bankVersions,
  slimmerParts,
  takenBack,
  bankLooks,
];
