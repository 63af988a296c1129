/**
 * Every page of the server, for the walk: what each role finds there of another branch. A route that isn't here fails
 * the walk: say of it whether it is the same for all, behind a secret, shows what is the viewer's own, or names
 * a thing, and then how another branch's and nobody's are asked for.
 */
export interface Asking {
  readonly path: string;
  /** Of a press. */
  readonly form?: Readonly<Record<string, string>>;
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
}

export type Page =
  /** The same for everybody, or nobody's without its secret. */
  | { readonly kind: 'open' }
  /** For whoever has a session: their own, and nothing of the other branch. */
  | { readonly kind: 'own'; readonly ask?: readonly Asking[] }
  /** Names something: of the other branch it is answered as of nothing. */
  | { readonly kind: 'named'; readonly ask: (ids: Furniture) => readonly Asking[] };

const open: Page = { kind: 'open' };
const own = (...ask: Asking[]): Page => ({ kind: 'own', ...(ask.length > 0 ? { ask } : {}) });
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

  'GET /': own(),
  'GET /more': own(),
  'GET /week': own({ path: '/week?day=2026-11-24' }),
  'GET /week/month': own({ path: '/week/month?day=2026-11-24' }),
  'GET /week/find': own({ path: '/week/find?q=%E8%8A%B1%E8%8C%B6' }),
  'GET /week/feed': own(),
  'POST /week/feed/issue': own(press('/week/feed/issue', {})),
  'POST /week/feed/revoke': own(press('/week/feed/revoke', {})),

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
  'POST /invitations/accept': named(({ invitation }) =>
    press('/invitations/accept', { no: String(invitation) }),
  ),
  'POST /invitations/reject': named(({ invitation }) =>
    press('/invitations/reject', { no: String(invitation) }),
  ),
};
