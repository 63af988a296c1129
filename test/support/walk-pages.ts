/**
 * Every page of the server, for the walk: what each role finds there of another branch. A route that isn't here fails
 * the walk: say of it whether it is the same for all, behind a secret, shows what is the viewer's own, or names
 * a thing, and then how another branch's and nobody's are asked for.
 */
import { CONSOLE_PAGES } from './walk-console.ts';

export interface Asking {
  readonly path: string;
  /** Of a press. */
  readonly form?: Readonly<Record<string, string>>;
  /** Of a call by a program. */
  readonly json?: object;
  readonly method?: 'DELETE';
}

/** Of the other branch, by what they are named with. */
export interface Furniture {
  readonly schedule: number;
  readonly removed: number;
  readonly delivery: number;
  readonly review: number;
  readonly certification: number;
  readonly match: number;
  readonly invitation: number;
  readonly member: string;
  readonly group: string;
  readonly draft: number;
  readonly window: string;
  readonly message: string;
  readonly unit: string;
  readonly workbook: number;
}

export type Page =
  /** The same for everybody, or nobody's without its secret. */
  | { readonly kind: 'open' }
  /** For whoever has a session: their own, and nothing of the other branch. */
  | { readonly kind: 'own'; readonly ask?: readonly Asking[] }
  /** The same, for members without a role as well. */
  | {
      readonly kind: 'mine';
      readonly ask?: readonly Asking[];
      /** Branches are compared there, by name, for everybody to see. */
      readonly branches?: true;
    }
  /** Names something: of the other branch it is answered as of nothing. */
  | { readonly kind: 'named'; readonly ask: (ids: Furniture) => readonly Asking[] };

const open: Page = { kind: 'open' };
const own = (...ask: Asking[]): Page => ({ kind: 'own', ...(ask.length > 0 ? { ask } : {}) });
const mine = (...ask: Asking[]): Page => ({ kind: 'mine', ...(ask.length > 0 ? { ask } : {}) });
const named = (ask: (ids: Furniture) => Asking | readonly Asking[]): Page => ({
  kind: 'named',
  ask: (ids) => [ask(ids)].flat(),
});
const press = (path: string, form: Readonly<Record<string, string>>): Asking => ({ path, form });

const plan = (group: string) =>
  `what=lesson%3Acunchu-huacha&day=2026-11-27&time=20%3A00&close=1d&group=${group}`;

export const PAGES: Readonly<Record<string, Page>> = {
  'GET /static/:name': open,
  'GET /healthz': open,
  // With a key of the whole county only, and nothing of a person in it.
  'GET /metrics': open,
  'GET /type.css': open,
  'POST /type': open,
  'GET /enter': open,
  'POST /enter': open,
  'GET /login': open,
  'GET /login/state': open,
  'POST /logout': open,
  'GET /record': open,
  'POST /record': open,
  'GET /l/:id': open,
  'GET /l/:id/picture/:name{.+}': open,
  'GET /r/:secret': open,
  'POST /r/:secret': open,
  'GET /calendar/:file{[\\w-]{20,60}\\.ics}': open,
  // A made-up world.
  'GET /sandbox': open,
  'POST /sandbox/say': open,
  'POST /sandbox/next': open,
  'GET /sandbox/api/messages': open,
  'GET /sandbox/api/picture/:id': open,
  'GET /sandbox/api/events': open,
  'POST /sandbox/api/*': open,
  'POST /sandbox/api/say': open,
  'POST /sandbox/api/next': open,

  ...CONSOLE_PAGES,
  'GET /': own(),
  'GET /more': own(),
  'GET /week': own({ path: '/week?day=2026-11-24' }),
  'GET /week/month': own({ path: '/week/month?day=2026-11-24' }),
  'GET /week/find': own({ path: '/week/find?q=%E8%8A%B1%E8%8C%B6' }),
  'GET /week/feed': own(),
  'POST /week/feed/issue': own(press('/week/feed/issue', {})),
  'POST /week/feed/revoke': own(press('/week/feed/revoke', {})),
  'POST /week/feed/resume': own(press('/week/feed/resume', { feed: 'x' })),

  'GET /week/add': named(({ group }) => ({ path: `/week/add?${plan(group)}` })),
  'GET /week/fit': named(({ group }) => ({ path: `/week/fit?${plan(group)}` })),
  'POST /week/add': named(({ group }) =>
    press('/week/add', {
      what: 'lesson:cunchu-huacha',
      day: '2026-11-27',
      time: '20:00',
      close: '1d',
      group,
    }),
  ),
  'GET /week/s/:no': named(({ schedule }) => ({ path: `/week/s/${schedule}` })),
  'POST /week/move': named(({ schedule }) =>
    press('/week/move', { no: String(schedule), day: '2026-11-28', time: '20:00' }),
  ),
  'GET /week/change/fit': named(({ schedule, group }) => ({
    path: `/week/change/fit?no=${schedule}&days=all&time=20%3A00&close=1d&group=${group}`,
  })),
  'POST /week/change': named(({ schedule, group }) =>
    press('/week/change', { no: String(schedule), days: 'all', group }),
  ),
  'POST /week/back': named(({ schedule, removed }) =>
    press('/week/back', { no: String(schedule), was: String(removed) }),
  ),
  'POST /week/remove': named(({ schedule }) => press('/week/remove', { no: String(schedule) })),
  'POST /week/restore': named(({ removed }) => press('/week/restore', { no: String(removed) })),
  'POST /deliveries/decide': named(({ delivery }) =>
    ['sent', 'resend', 'drop'].map((as) => press('/deliveries/decide', { no: String(delivery), as })),
  ),
  'POST /certifications/approve': named(({ certification }) =>
    press('/certifications/approve', { no: String(certification), as: '' }),
  ),
  'POST /certifications/reject': named(({ certification }) =>
    press('/certifications/reject', { no: String(certification), reason: '不是' }),
  ),
  'POST /certifications/revoke': named(({ member }) => press('/certifications/revoke', { member })),
  'POST /matches/accept': named(({ match }) => press('/matches/accept', { no: String(match) })),
  'POST /matches/reject': named(({ match }) => press('/matches/reject', { no: String(match) })),
  'POST /matches/undo': named(({ match }) => press('/matches/undo', { no: String(match) })),
  'POST /invitations/undo': named(({ invitation }) => press('/invitations/undo', { no: String(invitation) })),
  'POST /invitations/accept': named(({ invitation }) =>
    press('/invitations/accept', { no: String(invitation) }),
  ),
  'POST /invitations/reject': named(({ invitation }) =>
    press('/invitations/reject', { no: String(invitation) }),
  ),

  'GET /deliveries': own({ path: '/deliveries' }, { path: '/deliveries?state=unknown' }),
  'GET /reviews': own(),
  'GET /audit': own({ path: '/audit' }, { path: '/audit?what=review' }),
  'GET /lessons': own({ path: '/lessons' }, { path: '/lessons?q=%E4%B9%99' }),
  'POST /lessons/new': own(press('/lessons/new', {})),
  'POST /lessons/import': own(press('/lessons/import', {})),
  'POST /lessons/picture': own(press('/lessons/picture', {})),
  'GET /lessons/picture/:name{[0-9a-f]{32}\\.jpg}': own({
    path: `/lessons/picture/${'0'.repeat(32)}.jpg`,
  }),
  'GET /deliveries/:no{\\d+}': named(({ delivery }) => ({ path: `/deliveries/${delivery}` })),
  'GET /reviews/:no{\\d+}': named(({ review }) => ({ path: `/reviews/${review}` })),
  'POST /reviews/approve': named(({ review }) =>
    press('/reviews/approve', { no: String(review), hash: 'a'.repeat(64) }),
  ),
  'POST /reviews/return': named(({ review }) =>
    press('/reviews/return', { no: String(review), reason: '不好' }),
  ),
  'POST /reviews/withdraw': named(({ review }) => press('/reviews/withdraw', { no: String(review) })),
  'POST /lessons/from-review': named(({ review }) => press('/lessons/from-review', { no: String(review) })),
  'GET /lessons/d/:no{\\d+}': named(({ draft }) => ({ path: `/lessons/d/${draft}` })),
  'GET /lessons/d/:no{\\d+}/history': named(({ draft }) => ({ path: `/lessons/d/${draft}/history` })),
  'GET /lessons/d/:no{\\d+}/v/:version{\\d+}': named(({ draft }) => ({ path: `/lessons/d/${draft}/v/1` })),
  'POST /lessons/d/:no{\\d+}': named(({ draft }) => press(`/lessons/d/${draft}`, { base: '1' })),
  'POST /lessons/d/:no{\\d+}/auto': named(({ draft }) => press(`/lessons/d/${draft}/auto`, { base: '1' })),
  'POST /lessons/d/:no{\\d+}/restore': named(({ draft }) =>
    press(`/lessons/d/${draft}/restore`, { version: '1' }),
  ),
  'POST /lessons/d/:no{\\d+}/drop': named(({ draft }) => press(`/lessons/d/${draft}/drop`, {})),
  'POST /lessons/d/:no{\\d+}/keep': named(({ draft }) => press(`/lessons/d/${draft}/keep`, {})),
  'GET /settings': named(({ group }) => [{ path: `/settings?place=group:${group}` }]),
  'POST /settings': named(({ group }) =>
    press('/settings', { place: `group:${group}`, name: 'reviewers', value: '0' }),
  ),

  'GET /me': mine(),
  'GET /me/learned': mine(),
  'GET /me/mistakes': mine(),
  'GET /me/points': { kind: 'mine', branches: true },
  'GET /me/practice': mine(),
  'GET /me/settings': mine(),
  'GET /me/badge': mine(),
  'GET /me/record.json': mine(),
  'GET /me/record.xlsx': mine(),
  'POST /me/practice': mine(press('/me/practice', {})),
  'POST /me/practice/next': mine(press('/me/practice/next', {})),
  'POST /me/consent/practice': mine(press('/me/consent/practice', { on: '1' })),
  'POST /me/consent/reminder': mine(press('/me/consent/reminder', { on: '1' })),
  'POST /me/badge': mine(press('/me/badge', { on: '1' })),
  'POST /me/erasure': mine(press('/me/erasure', {})),
  // Ends all that the walk goes on with.
  'POST /me/leave': open,
  'GET /l/:id/answer': mine({ path: '/l/cunchu-huacha/answer' }),
  'GET /q/:id': named(({ window }) => ({ path: `/q/${window}` })),
  'POST /q/:id': named(({ window }) => press(`/q/${window}`, { q1: 'A' })),

  'GET /api/v1/openapi.json': open,
  'GET /api/v1/answers': own({ path: '/api/v1/answers' }),
  'GET /api/v1/checkins': own({ path: '/api/v1/checkins' }),
  'GET /api/v1/deliveries': own({ path: '/api/v1/deliveries' }),
  'GET /api/v1/groups': own({ path: '/api/v1/groups' }),
  'GET /api/v1/lessons': own({ path: '/api/v1/lessons' }),
  'GET /api/v1/members': own({ path: '/api/v1/members' }),
  'GET /api/v1/participation': own({ path: '/api/v1/participation?from=2026-11-01&to=2026-11-30' }),
  'GET /api/v1/schedules': own({ path: '/api/v1/schedules' }),
  'GET /api/v1/units': own({ path: '/api/v1/units' }),
  'GET /api/v1/units/:id/figures': named(({ unit }) => ({
    path: `/api/v1/units/${unit}/figures?from=2026-11-01&to=2026-11-30`,
  })),
  'GET /api/v1/deliveries/:no': named(({ delivery }) => ({ path: `/api/v1/deliveries/${delivery}` })),
  'GET /api/v1/schedules/:no': named(({ schedule }) => ({ path: `/api/v1/schedules/${schedule}` })),
  'DELETE /api/v1/schedules/:no': named(({ schedule }) => ({
    path: `/api/v1/schedules/${schedule}`,
    method: 'DELETE',
  })),
  'POST /api/v1/deliveries/:no/decision': named(({ delivery }) => ({
    path: `/api/v1/deliveries/${delivery}/decision`,
    json: { as: 'drop' },
  })),
  'POST /api/v1/schedules': named(({ group }) => ({
    path: '/api/v1/schedules',
    json: { lesson: 'cunchu-huacha', groups: [group], at: '2026-11-27T20:00' },
  })),
  'POST /api/v1/sends': named(({ group }) => ({
    path: '/api/v1/sends',
    json: { lesson: 'cunchu-huacha', groups: [group] },
  })),

  'GET /participation': named(({ unit }) => ({ path: `/participation?unit=${unit}` })),
  'GET /participation/trend.svg': named(({ unit }) => ({ path: `/participation/trend.svg?unit=${unit}` })),
  'GET /participation/people': named(({ unit }) => ({ path: `/participation/people?unit=${unit}` })),
  'GET /participation/member/:id': named(({ member }) => ({ path: `/participation/member/${member}` })),
  'GET /participation/quiz/:id': named(({ window }) => ({ path: `/participation/quiz/${window}` })),
  'GET /participation/items': named(({ unit }) => ({ path: `/participation/items?unit=${unit}` })),
  'GET /participation/items/lesson/:hash{[0-9a-f]{64}}/:no{\\d+}': named(({ unit }) => ({
    path: `/participation/items/lesson/${'a'.repeat(64)}/1?unit=${unit}`,
  })),
  'GET /participation/items/bank/:no{\\d+}': named(({ unit }) => ({
    path: `/participation/items/bank/1?unit=${unit}`,
  })),
  'GET /workbook': own(),
  'POST /workbook/ask': named(({ unit }) =>
    press('/workbook/ask', { what: 'workbook', unit, kind: 'month', day: '2026-11-24' }),
  ),
  'GET /workbook/:no{\\d+}': named(({ workbook }) => ({ path: `/workbook/${workbook}` })),
};
