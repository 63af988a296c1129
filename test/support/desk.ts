/** The console of a small county, as its people come in: with sessions of their own, over requests or a real port. */
import type { Db } from '../../src/db/open.ts';
import { planDeliveries } from '../../src/delivery/ledger.ts';
import type { Lesson } from '../../src/lessons/lesson.ts';
import { recordRevision, setHead } from '../../src/lessons/revisions.ts';
import { issueMemberLink, spendLoginToken } from '../../src/people/sessions.ts';
import { SESSION_COOKIE } from '../../src/web/guards.ts';
import { lessonOf, openSite, type SiteOptions } from '../web/site.ts';
import { buildCounty } from './county.ts';

/** Others can reach it: everybody needs a session. */
const ENV = { HOST: '0.0.0.0', PUBLIC_URL: 'http://weike.example.cn' };

export const LESSONS: readonly Lesson[] = ['花茶怎么存', '拍照拍清楚', '标题怎么写', '直播第一场'].map(
  (title, index) =>
    lessonOf({ id: `l${index + 1}`, title, order: index + 1, hash: String(index).repeat(64) }),
);

async function openSession(db: Db, memberId: string): Promise<string> {
  const link = await issueMemberLink(db, memberId, Date.now(), { unlimited: true });
  const opened = link === undefined ? undefined : await spendLoginToken(db, link, Date.now());
  if (!opened) throw new Error('no session');
  return opened.session;
}

export async function openDesk({
  env = {},
  lessons = LESSONS,
  account = 'sandbox',
  ...rest
}: SiteOptions & { account?: string } = {}) {
  const site = await openSite({ env: { ...ENV, ...env }, lessons, ...rest });
  const county = await buildCounty(site.db, { account });
  for (const lesson of lessons) {
    await recordRevision(site.db, lesson, lesson.body, 'operator', 1);
    await setHead(site.db, lesson.id, lesson.hash, 1);
  }
  return {
    ...site,
    county,
    /** The session of a member, as a cookie is named and valued. */
    async cookieFor(memberId: string) {
      return { name: SESSION_COOKIE, value: await openSession(site.db, memberId) };
    },
    /** A lesson to the first branch's group of which nobody knows whether it came. */
    async doubt(words: string) {
      const { id: groupId } = county.own.group;
      await planDeliveries(
        site.db,
        [
          {
            cause: 'u',
            kind: 'lesson',
            account: 'sandbox',
            groupId,
            content: 'l1',
            hash: '0'.repeat(64),
            plannedAt: Date.now() - 1_000,
            parts: [{ kind: 'text', body: words }],
          },
        ],
        Date.now(),
      );
      await site.db.updateTable('delivery').set({ state: 'unknown' }).execute();
      await site.db.updateTable('delivery_part').set({ state: 'unknown', sending_at: 1 }).execute();
    },
    /** Requests as that member's browser makes them. */
    async as(memberId: string) {
      const session = await openSession(site.db, memberId);
      let said = '';
      const cookie = () => ({ cookie: [`${SESSION_COOKIE}=${session}`, said].filter(Boolean).join('; ') });
      const keep = (answer: Response) => {
        const set = answer.headers.getSetCookie().find((one) => one.startsWith('weike_said='));
        if (set !== undefined) said = /Max-Age=0/i.test(set) ? '' : (set.split(';')[0] ?? '');
        return answer;
      };
      return {
        session,
        get: async (path: string) => keep(await site.get(path, cookie())),
        async page(path: string): Promise<string> {
          return await keep(await site.get(path, cookie())).text();
        },
        post: async (
          path: string,
          fields: Readonly<Record<string, string | readonly string[]>>,
          headers = {},
        ) => {
          const body = new URLSearchParams();
          for (const [name, value] of Object.entries(fields))
            for (const one of [value].flat()) body.append(name, one);
          return keep(await site.post(path, body, { ...cookie(), ...headers }));
        },
      };
    },
  };
}

export type TestDesk = Awaited<ReturnType<typeof openDesk>>;
