/**
 * One figure, wherever it is read: in a digest's words, on the page 参与, in the workbook that one takes away and by
 * `/api/v1`, each asked as its readers ask it; and it is what a simple program works out from what was done.
 */
import exceljs from 'exceljs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { addDays } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import type { Db } from '../../src/db/open.ts';
import { readUnitDigest } from '../../src/digest/digest.ts';
import { readReport } from '../../src/digest/report.ts';
import { addToMemberDays } from '../../src/digest/rollups.ts';
import { type Span, SPAN_KINDS, spanAround } from '../../src/digest/spans.ts';
import { composeDigest } from '../../src/digest/words.ts';
import { silentLog } from '../../src/log.ts';
import { recordSeenGroup } from '../../src/people/groups.ts';
import { addMember, changeMember, getMemberByName } from '../../src/people/members.ts';
import { grantRole } from '../../src/people/roles.ts';
import { TERMINAL } from '../../src/people/scope.ts';
import { issueMemberLink, spendLoginToken } from '../../src/people/sessions.ts';
import { issueToken } from '../../src/people/tokens.ts';
import { addUnit, moveUnit, type Unit } from '../../src/people/units.ts';
import { writeWorkbook } from '../../src/sheets/write.ts';
import { webParts } from '../../src/site.ts';
import { makeRoutes } from '../../src/web/server.ts';
import { seededRandom } from '../faults/random.ts';
import { testClock } from '../support/clock.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';
import { type Chronicle, daysFrom, unitFigures } from '../support/plain-figures.ts';
import { healthy } from '../web/site.ts';

const ZONE = 'Asia/Shanghai';
const HOST = 'weike.example.cn';
const BY = { who: 'test' };
const EVER = '0000-01-01';
const FIRST = '2026-10-20';
const LAST = '2026-12-03';
/** A school each: how big its branches are and who does what. */
const SEEDS = [1, 20_261_125];

/** `80%` or `2.4`, with `4 / 5` beside it. */
type Said = readonly [said: string, parts: string];
type Figure = 'learningRate' | 'answerRate' | 'shareRight' | 'activity' | 'coverage';
type Outlet = Partial<Record<Figure, Said>>;

const quotient = (part: number, base: number) => (base === 0 ? undefined : part / base);
const percent = (part: number, base: number): string => {
  const value = quotient(part, base);
  if (value === undefined) return '—';
  if (part === base) return '100%';
  return part === 0 ? '0%' : `${Math.min(99, Math.max(1, Math.round(value * 100)))}%`;
};
const both = (part: number, base: number): Said => [percent(part, base), `${part} / ${base}`];

/** What the words of a digest say; nothing of what they leave out. */
function inWords(words: string): Outlet {
  const find = (pattern: RegExp): string[] => [...(pattern.exec(words) ?? [])].slice(1);
  const [learned, base, rate] = find(/• 学了 (\d+) \/ (\d+) 人（([^）]+)）/u);
  const [answered, of, right, asked, share] = find(
    /• 作答 (\d+) \/ (\d+) 人，答对 (\d+) \/ (\d+) 题（([^）]+)）/u,
  );
  const [mean] = find(/• 人均学习 ([\d.]+) 天/u);
  const [some, units] = find(/• 党组织 (\d+) \/ (\d+) 个有人学/u);
  return {
    learningRate: [rate ?? '', `${learned} / ${base}`],
    ...(answered === undefined
      ? {}
      : {
          // Said with its base only.
          answerRate: ['', `${answered} / ${of}`] as const,
          shareRight: [share ?? '', `${right} / ${asked}`] as const,
        }),
    ...(mean === undefined ? {} : { activity: [mean, ''] as const }),
    ...(some === undefined ? {} : { coverage: ['', `${some} / ${units}`] as const }),
  };
}

const NAMES: Readonly<Record<string, Figure>> = {
  参学率: 'learningRate',
  作答率: 'answerRate',
  正确率: 'shareRight',
  人均学习天数: 'activity',
  有人学的党组织: 'coverage',
};

/** What the page shows. */
function onPage(page: string): Outlet {
  const found = [...page.matchAll(/<small>([^<]+)<\/small\s*><b>([^<]+)<\/b\s*><span>([^<]+)<\/span\s*>/gu)];
  return Object.fromEntries(
    found.flatMap(([, name = '', said, parts]) => {
      const figure = NAMES[name.trim()];
      return figure ? [[figure, [said, parts]]] : [];
    }),
  );
}

async function inWorkbook(bytes: Uint8Array): Promise<{ cover: Outlet; line: readonly unknown[] }> {
  const book = new exceljs.Workbook();
  await book.xlsx.load(bytes as unknown as ArrayBuffer);
  const cover: Outlet = {};
  book.getWorksheet('封面')?.eachRow((row) => {
    const figure = NAMES[row.getCell(1).text];
    if (figure) cover[figure] = [row.getCell(2).text, row.getCell(3).text];
  });
  const line = book.getWorksheet('党组织')?.getRow(2).values;
  return { cover, line: Array.isArray(line) ? line.slice(1) : [] };
}

const kindOf = (name: string) =>
  name === '县委' ? '党委' : name.endsWith('部') && !name.endsWith('支部') ? '党工委' : '党支部';

interface ApiFigures {
  readonly unit: { readonly id: string; readonly name: string };
  readonly counts: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, { part: number; base: number; value: number | null }>>;
}

describe.each(DIALECTS.flatMap((dialect) => SEEDS.map((seed) => ({ dialect, seed }))))(
  'a figure on $dialect, of the school of seed $seed',
  ({ dialect, seed }) => {
    let db: Db;
    let close: () => Promise<void>;
    let routes: ReturnType<typeof makeRoutes>;
    let cookie = '';
    let key = '';
    const clock = testClock(`${LAST}T20:00:00+08:00`);
    const units = new Map<string, Unit>();
    const chronicle: Chronicle = { answers: [], checkins: [], stands: [], above: [] };

    const unitOf = (name: string): Unit => {
      const unit = units.get(name);
      if (!unit) throw new Error(`no unit ${name}`);
      return unit;
    };

    async function found(name: string, parent?: string) {
      const above = parent === undefined ? {} : { parentId: unitOf(parent).id };
      units.set(name, await addUnit(db, { name, kind: kindOf(name), ...above }, BY, 1));
      if (parent !== undefined) chronicle.above.push({ what: name, in: parent, from: EVER });
    }

    /** What a member did in a group on a day: in the rollups as facts put it there, and in the list. */
    async function act(who: { id: string; name: string }, group: string, day: string, random: () => number) {
      const answers = random() < 0.7 ? Math.floor(random() * 5) : 0;
      const checkins = random() < 0.5 ? 1 : 0;
      let correct = 0;
      for (let question = 1; question <= answers; question += 1) {
        const right = random() < 0.6;
        if (right) correct += 1;
        const said = { who: who.name, group, quiz: `${who.name} ${group} ${day}`, question, right, day };
        chronicle.answers.push({ ...said, order: question, isRecalled: false });
      }
      if (checkins > 0) chronicle.checkins.push({ who: who.name, group, day });
      if (answers + checkins > 0)
        await addToMemberDays(db, [{ groupId: group, memberId: who.id, day, answers, correct, checkins }]);
    }

    beforeAll(async () => {
      ({ db, close } = await openTestDb(dialect));
      const random = seededRandom(seed).next;
      const pick = (most: number) => Math.floor(random() * (most + 1));
      await found('县委');
      const people: { id: string; name: string }[] = [];
      const branches: string[] = [];
      for (const side of ['东', '西', '南']) {
        await found(`${side}部`, '县委');
        for (let no = 1; no <= 1 + pick(2); no += 1) {
          const name = `${side}${no}支部`;
          branches.push(name);
          await found(name, `${side}部`);
          for (let at = pick(7); at > 0; at -= 1) {
            const who = `${name}第${at}人`;
            const { id } = await addMember(
              db,
              { name: who, unit: `县委/${side}部/${name}`, day: EVER },
              BY,
              1,
            );
            people.push({ id, name: who });
            chronicle.stands.push({ what: who, in: name, from: EVER });
          }
        }
      }
      // Nobody stands in this one, and in this one nobody does anything.
      for (const name of ['空支部', '静支部']) await found(name, '县委');
      await addMember(db, { name: '静静', unit: '县委/静支部', day: EVER }, BY, 1);
      chronicle.stands.push({ what: '静静', in: '静支部', from: EVER });
      const groups = [];
      for (const no of [1, 2])
        groups.push(
          await recordSeenGroup(db, { account: 'sandbox', roomId: `r${no}@x`, topic: `群${no}` }, 1),
        );
      // They move in the middle of a month, and a unit does.
      for (const person of people.filter(() => random() < 0.2)) {
        const day = addDays('2026-11-02', pick(24));
        const to = branches[pick(branches.length - 1)] ?? '';
        const held = chronicle.stands.find((one) => one.what === person.name);
        if (!held || held.in === to) continue;
        await changeMember(db, await getMemberByName(db, person.name), { unitId: unitOf(to).id }, day, BY, 1);
        held.until = day;
        chronicle.stands.push({ what: person.name, in: to, from: day });
      }
      const moved = branches[0] ?? '';
      await moveUnit(db, unitOf(moved), unitOf('南部').id, '2026-11-18', BY, 1);
      const held = chronicle.above.find(({ what }) => what === moved);
      if (held) held.until = '2026-11-18';
      chronicle.above.push({ what: moved, in: '南部', from: '2026-11-18' });
      for (const day of daysFrom(FIRST, LAST))
        for (const person of people)
          for (const { id } of groups) if (random() < 0.12) await act(person, id, day, random);

      const config = readConfig(
        { HOST: '0.0.0.0', PUBLIC_URL: `https://${HOST}`, LESSONS_DIR: '/nowhere' },
        '/',
      );
      const app = {
        catalogue: () => ({ lessons: [], faults: [], byId: new Map(), sources: new Map() }),
        tick: async () => undefined,
        restart: async () => undefined,
      };
      routes = makeRoutes(
        webParts({ config, db, clock, log: silentLog, app, channels: [] }, async () => healthy),
      );
      const { id } = await addMember(db, { name: '县管', unit: '县委', day: EVER }, BY, 1);
      chronicle.stands.push({ what: '县管', in: '县委', from: EVER });
      await grantRole(db, { memberId: id, role: 'county', unitId: null }, TERMINAL, clock.now());
      const link = (await issueMemberLink(db, id, clock.now())) ?? '';
      cookie = `weike_session=${(await spendLoginToken(db, link, clock.now()))?.session ?? ''}`;
      const wanted = { name: 'figures', memberId: null, scope: 'read', life: 86_400_000 } as const;
      key = (await issueToken(db, wanted, 'test', clock.now())).secret;
    }, 60_000);
    afterAll(async () => {
      routes.close();
      await close();
    });

    const ask = async (path: string) =>
      await routes.app.request(`https://${HOST}${path}`, {
        headers: { host: HOST, cookie, authorization: `Bearer ${key}` },
      });

    async function byApi(unitId: string, { from, to }: Span): Promise<ApiFigures> {
      const answer = await ask(`/api/v1/units/${unitId}/figures?from=${from}&to=${to}`);
      expect(answer.status).toBe(200);
      return (await answer.json()) as ApiFigures;
    }

    /** Of the simple program. */
    function plainly(name: string, { from, to }: Span) {
      const plain = unitFigures(chronicle, name, from, to);
      const below = (one: string): string[] => [
        one,
        ...chronicle.above
          .filter(
            (held) => held.in === one && held.from <= to && (held.until === undefined || to < held.until),
          )
          .flatMap(({ what }) => below(what)),
      ];
      const own = below(name).map((one) => unitFigures(chronicle, one, from, to, { own: true }));
      const peopled = own.filter(({ base }) => base > 0);
      const covered = both(peopled.filter(({ learned }) => learned > 0).length, peopled.length);
      const figures = {
        learningRate: both(plain.learned, plain.base),
        answerRate: both(plain.answered, plain.base),
        shareRight: both(plain.correct, plain.answers),
        activity: [
          quotient(plain.days, plain.base)?.toFixed(1) ?? '—',
          `${plain.days} / ${plain.base}`,
        ] as Said,
        coverage: covered,
      } satisfies Record<Figure, Said>;
      return { plain, figures };
    }

    /** Whatever an outlet says is what is expected; `''` where it says it in one form only. */
    function hold(where: string, outlet: Outlet, expected: Readonly<Record<Figure, Said>>): void {
      for (const [figure, [said, parts]] of Object.entries(outlet)) {
        const [wanted, of] = expected[figure as Figure];
        expect([where, figure, said || wanted, parts || of]).toEqual([where, figure, wanted, of]);
      }
    }

    it.each(SPAN_KINDS)(
      'of a %s is one in digest, page, workbook and interface',
      async (kind) => {
        const span = spanAround(kind, '2026-11-25');
        const seen: Record<string, number> = {};
        for (const [name, unit] of units) {
          const { plain, figures } = plainly(name, span);
          const at = `${name} ${kind}`;
          const of = { db, span, zone: ZONE, now: clock.now() };

          const words = inWords(composeDigest(await readUnitDigest(of, unit.id)));
          hold(`${at} digest`, words, figures);

          const page = onPage(
            await (await ask(`/participation?unit=${unit.id}&kind=${kind}&day=${span.from}`)).text(),
          );
          expect([at, Object.keys(page).length >= 4]).toEqual([at, plain.base > 0]);
          hold(`${at} page`, page, figures);

          const bytes = await writeWorkbook(await readReport(of, unit.id));
          const { cover, line } = await inWorkbook(bytes);
          expect([at, Object.keys(cover).length >= 4]).toEqual([at, true]);
          hold(`${at} workbook`, cover, figures);
          expect([at, ...line.slice(1, 12)]).toEqual([
            at,
            plain.base,
            plain.learned,
            figures.learningRate[0],
            plain.answered,
            figures.answerRate[0],
            plain.answers,
            plain.correct,
            figures.shareRight[0],
            plain.days,
            figures.activity[0],
            plain.checkins,
          ]);

          const api = await byApi(unit.id, span);
          expect(api.counts).toEqual(plain);
          const told = Object.entries({
            learningRate: api.figures.learning_rate,
            answerRate: api.figures.answer_rate,
            shareRight: api.figures.share_right,
            activity: api.figures.activity,
            coverage: api.figures.coverage,
          });
          for (const [figure, ratio] of told) {
            const { part = -1, base = -1, value } = ratio ?? {};
            const [said, parts] = figures[figure as Figure];
            expect([at, figure, `${part} / ${base}`]).toEqual([at, figure, parts]);
            expect(value).toBe(quotient(part, base) ?? null);
            if (figure !== 'activity') expect([at, figure, percent(part, base)]).toEqual([at, figure, said]);
          }
          for (const outlet of [words, page, cover])
            for (const figure of Object.keys(outlet)) seen[figure] = (seen[figure] ?? 0) + 1;
        }
        // None of the five is missing everywhere, and none only because nobody did anything.
        for (const figure of Object.values(NAMES))
          expect([figure, (seen[figure] ?? 0) > 5]).toEqual([figure, true]);
        expect(plainly('县委', span).plain.learned).toBeGreaterThan(0);
      },
      60_000,
    );

    it('of any other days is one for whoever asks by the interface', async () => {
      const random = seededRandom(seed + 1).next;
      for (let time = 0; time < 8; time += 1) {
        const from = addDays(FIRST, Math.floor(random() * 40));
        const to = addDays(from, Math.floor(random() * 30));
        for (const name of ['县委', '东部', '南部']) {
          const span = { kind: 'day', from, to } as const;
          expect([from, to, name, (await byApi(unitOf(name).id, span)).counts]).toEqual([
            from,
            to,
            name,
            plainly(name, span).plain,
          ]);
        }
      }
    });
  },
);
