/** The console of a branch of ten thousand: its slowest pages, beside a bare Hono that serves the same bytes. */
import { Hono } from 'hono';

import { openDesk, type TestDesk } from '../test/support/desk.ts';
import { fillBank, fillBranch } from '../test/support/large-branch.ts';
import { bankPages, deskPages, type LargePages, memberPages } from '../test/support/large-pages.ts';
import { type Bench, figure, median } from './figure.ts';

/** Of the many pages, the ones whose figure is worth a line. */
const SHOWN = 5;

interface Timed {
  readonly what: string;
  readonly ours: number;
  readonly bare: number;
}

export const desk: Bench = {
  name: 'desk',
  title: `the ${SHOWN} slowest pages of a branch of ten thousand`,
  async run({ full, say }) {
    const open = await openDesk();
    try {
      const { db, county } = open;
      const { own, chief } = county;
      const place = {
        unitId: own.branch.id,
        groupId: own.group.id,
        account: 'sandbox',
        roomId: own.group.room_id,
      };
      const members = await fillBranch(db, place);
      await fillBank(db, place);
      const window = await db.selectFrom('quiz_window').select('id').executeTakeFirstOrThrow();
      const pages: LargePages = {
        unitId: own.branch.id,
        groupKey: own.group.key,
        memberId: members[5] ?? '',
        windowId: window.id,
        now: Date.now(),
      };
      const paths = [...deskPages(pages), ...bankPages(pages)];
      say(`${paths.length} pages of a secretary and of an administrator, and a member's own`);
      const rounds = full ? 15 : 5;
      const timed = [
        ...(await walk('secretary', await open.as(own.secretary.id), paths, rounds)),
        ...(await walk('administrator', await open.as(chief.id), paths, rounds)),
        ...(await walk('member', await open.as(pages.memberId), memberPages(pages), rounds)),
      ].toSorted((a, b) => b.ours - a.ours);
      return timed.slice(0, SHOWN).map(({ what, ours, bare }) =>
        figure(
          { what, value: ours, unit: 'ms' },
          {
            bare: { what: 'bare Hono, the same bytes', value: bare, unit: 'ms' },
            aim: { of: 'value', atMost: 300 },
          },
        ),
      );
    } finally {
      await open.close();
    }
  },
};

/** Each page `rounds` times, ours and the bare one in turn; the middle of each. */
async function walk(
  who: string,
  visitor: Awaited<ReturnType<TestDesk['as']>>,
  paths: readonly string[],
  rounds: number,
): Promise<Timed[]> {
  const timed: Timed[] = [];
  for (const path of paths) {
    const first = await visitor.get(path);
    if (first.status !== 200) throw new Error(`${path} answers ${first.status}`);
    const bytes = await first.text();
    const bare = new Hono().get('*', (c) => c.html(bytes));
    const [ours, others]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      ours.push(await clocked(async () => await visitor.get(path)));
      others.push(await clocked(async () => await bare.request('http://127.0.0.1/')));
    }
    const short = path.replaceAll(/[0-9a-f-]{36}/g, 'ID');
    timed.push({ what: `${who}: ${short}`, ours: median(ours), bare: median(others) });
  }
  return timed;
}

async function clocked(get: () => Promise<Response>): Promise<number> {
  const began = performance.now();
  await (await get()).text();
  return performance.now() - began;
}
