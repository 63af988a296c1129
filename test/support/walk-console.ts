/** The console's part of the walk over every page: see `walk-pages.ts`. */
import type { Asking, Furniture, Page } from './walk-pages.ts';

const own = (...ask: Asking[]): Page => ({ kind: 'own', ...(ask.length > 0 ? { ask } : {}) });
const named = (ask: (ids: Furniture) => Asking | readonly Asking[]): Page => ({
  kind: 'named',
  ask: (ids) => [ask(ids)].flat(),
});
const press = (path: string, form: Readonly<Record<string, string>> = {}): Asking => ({ path, form });
const text = { act: 'save', base: '1', title: '改', body: '改', 'quiz-as': 'markdown', quiz: '' };

export const CONSOLE_PAGES: Readonly<Record<string, Page>> = {
  'GET /deliveries': own(),
  'GET /deliveries/:no{\\d+}': named(({ delivery }) => ({ path: `/deliveries/${delivery}` })),
  'GET /deliveries/:no{\\d+}/correct': named(({ delivery }) => ({ path: `/deliveries/${delivery}/correct` })),
  'POST /deliveries/correct': named(({ delivery }) =>
    press('/deliveries/correct', { no: String(delivery), anyway: '1' }),
  ),
  // Named by what is drawn in it: whoever knows the name has seen it.
  'GET /deliveries/picture/:name{[0-9a-f]{32}\\.png}': own({
    path: `/deliveries/picture/${'0'.repeat(32)}.png`,
  }),
  'GET /reviews': own(),
  'GET /reviews/:no{\\d+}': named(({ review }) => ({ path: `/reviews/${review}` })),
  'POST /reviews/approve': named(({ review }) =>
    press('/reviews/approve', { no: String(review), hash: 'x'.repeat(64) }),
  ),
  'POST /reviews/return': named(({ review }) =>
    press('/reviews/return', { no: String(review), reason: '改' }),
  ),
  'POST /reviews/withdraw': named(({ review }) => press('/reviews/withdraw', { no: String(review) })),
  'GET /lessons': own(),
  'POST /lessons/new': own(press('/lessons/new')),
  'POST /lessons/from-review': named(({ review }) => press('/lessons/from-review', { no: String(review) })),
  'POST /lessons/import': own(press('/lessons/import')),
  'POST /lessons/import/take': own(press('/lessons/import/take', { key: 'x' })),
  'GET /lessons/d/:no{\\d+}': named(({ draft }) => ({ path: `/lessons/d/${draft}` })),
  'POST /lessons/d/:no{\\d+}/auto': named(({ draft }) => press(`/lessons/d/${draft}/auto`, text)),
  'POST /lessons/d/:no{\\d+}': named(({ draft }) => press(`/lessons/d/${draft}`, text)),
  'GET /lessons/d/:no{\\d+}/history': named(({ draft }) => ({ path: `/lessons/d/${draft}/history` })),
  'GET /lessons/d/:no{\\d+}/v/:version{\\d+}': named(({ draft }) => ({ path: `/lessons/d/${draft}/v/1` })),
  'POST /lessons/d/:no{\\d+}/restore': named(({ draft }) =>
    press(`/lessons/d/${draft}/restore`, { version: '1' }),
  ),
  'POST /lessons/d/:no{\\d+}/drop': named(({ draft }) => press(`/lessons/d/${draft}/drop`)),
  'POST /lessons/d/:no{\\d+}/keep': named(({ draft }) => press(`/lessons/d/${draft}/keep`)),
  'POST /lessons/picture': own(press('/lessons/picture')),
  // Named by its bytes: whoever knows the name has seen it.
  'GET /lessons/picture/:name{[0-9a-f]{32}\\.jpg}': own({ path: `/lessons/picture/${'0'.repeat(32)}.jpg` }),
  // What came in is the whole county's; what is decided holds for the units of whoever decides.
  'GET /news': own({ path: '/news' }, { path: '/news?state=kept' }),
  'GET /news/add': own(),
  'POST /news/link': own(press('/news/link', { url: 'http://10.0.0.1/' })),
  'POST /news/write': own(press('/news/write', { title: '改', summary: '改', source: '改' })),
  'GET /news/:no{\\d+}': own({ path: '/news/1' }),
  'POST /news/:no{\\d+}/edit': own(press('/news/1/edit', { title: '改', summary: '改', source: '改' })),
  'POST /news/keep': own(press('/news/keep', { no: '1' })),
  'POST /news/reject': own(press('/news/reject', { no: '1' })),
  'POST /news/undo': own(press('/news/undo', { no: '1', verdict: '' })),
  // Only the county's admins change which sites are read.
  'GET /news/feeds': own(),
  'POST /news/feeds/add': own(press('/news/feeds/add', { url: 'https://example.com/feed' })),
  'POST /news/feeds/read': own(press('/news/feeds/read', { no: '1' })),
  'POST /news/feeds/remove': own(press('/news/feeds/remove', { no: '1' })),
  'GET /groups': own(),
  'GET /groups/:key': named(({ group }) => ({ path: `/groups/${group}` })),
  'POST /groups/enable': named(({ group }) => press('/groups/enable', { key: group, on: '0' })),
  'POST /groups/unit': named(({ group }) => press('/groups/unit', { key: group, unit: '' })),
  'GET /certifications': own(),
  'GET /certifications/:no{\\d+}': named(({ certification }) => ({
    path: `/certifications/${certification}`,
  })),
  'GET /matches': own(),
  'GET /members': own({ path: '/members' }, { path: '/members?q=%E6%88%90%E5%91%98' }),
  'GET /members/roster.xlsx': own(),
  'GET /members/import': own(),
  'POST /members/import': own(press('/members/import')),
  'POST /members/import/take': own(press('/members/import/take', { key: 'x' })),
  'POST /members/add': named(({ unit }) =>
    press('/members/add', { name: '新人', unit, status: 'full', number: '' }),
  ),
  'POST /members/change': named(({ member, unit }) =>
    press('/members/change', { member, name: '改名', unit, status: 'full', number: '' }),
  ),
  'POST /members/leave': named(({ member }) => press('/members/leave', { member, reason: 'left' })),
  'GET /members/:id': named(({ member }) => ({ path: `/members/${member}` })),
  'POST /members/code': named(({ member }) => press('/members/code', { member })),
  'POST /members/code/undo': named(({ member }) => press('/members/code/undo', { member, code: 'x' })),
  'POST /members/undo': named(({ member }) => press('/members/undo', { member, was: 'x', name: '改名' })),
  'GET /messages': own(),
  'GET /messages/:id': named(({ message }) => ({ path: `/messages/${message}` })),
  'POST /messages/correct': named(({ message }) => press('/messages/correct', { id: message, text: '打卡' })),
  // The bank is the whole county's: a branch looks at it, and changes nothing.
  'GET /bank': own({ path: '/bank' }, { path: '/bank?q=%E4%B9%99' }),
  'GET /bank/new': own(),
  'POST /bank/new': own(press('/bank/new', { type: 'truefalse', stem: '改', key: '对' })),
  'GET /bank/:no{\\d+}': own({ path: '/bank/1' }),
  'POST /bank/:no{\\d+}/look': own(press('/bank/1/look', { stem: '改', key: 'A', version: '1' })),
  'POST /bank/:no{\\d+}/edit': own(press('/bank/1/edit', { stem: '改', key: 'A', version: '1' })),
  'POST /bank/:no{\\d+}/undo': own(press('/bank/1/undo', { version: '1' })),
  'POST /bank/retire': own(press('/bank/retire', { no: '1' })),
  'POST /bank/restore': own(press('/bank/restore', { no: '1' })),
  'POST /bank/approve': own(press('/bank/approve', { no: '1', version: '1' })),
  'GET /bank/template.xlsx': own(),
  'GET /bank/export': own(),
  'GET /bank/export/:format': own({ path: '/bank/export/gift' }),
  'GET /bank/import': own(),
  'POST /bank/import': own(press('/bank/import')),
  'POST /bank/import/take': own(press('/bank/import/take', { key: 'x' })),
  'GET /accounts': own(),
  'GET /accounts/list': own(),
  'POST /accounts/restart': own(press('/accounts/restart', { account: 'sandbox' })),
  'GET /settings': named(({ group, unit }) => [
    { path: `/settings?place=group:${group}` },
    { path: `/settings?place=unit:${unit}` },
  ]),
  'POST /settings': named(({ group, unit }) => [
    press('/settings', { place: `group:${group}`, name: 'quiz-close', value: '2', span: 'h' }),
    press('/settings', { place: `unit:${unit}`, name: 'quiz-close', value: '2', span: 'h' }),
  ]),
  'GET /audit': own({ path: '/audit' }, { path: '/audit?what=group' }),
};
