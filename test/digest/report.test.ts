/** The workbook of a unit's month: what stands in its cells stays text, whatever it looks like. */
import exceljs from 'exceljs';
import { describe, expect, it } from 'vitest';

import { startOfDay } from '../../src/clock.ts';
import { planDeliveries } from '../../src/delivery/ledger.ts';
import { readReport } from '../../src/digest/report.ts';
import { addToMemberDays } from '../../src/digest/rollups.ts';
import { spanAround } from '../../src/digest/spans.ts';
import { recordSeenGroup } from '../../src/people/groups.ts';
import { addMember } from '../../src/people/members.ts';
import { getUnitByName, assignGroup } from '../../src/people/units.ts';
import { writeWorkbook } from '../../src/sheets/write.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';

const ZONE = 'Asia/Shanghai';
const BY = { who: 'test' };
const HOSTILE = ['=1+1', '+SUM(A1)', '-2', '@cmd', '\t=1', '=HYPERLINK("http://x","y")'];

describe.each(DIALECTS)('a unit’s month as a workbook on %s', (dialect) => {
  it('keeps cells that look like formulas as text, and figures as numbers', async () => {
    const { db, close } = await openTestDb(dialect);
    try {
      const now = startOfDay('2026-11-20', ZONE);
      for (const name of ['=1+1', '韦国强']) await addMember(db, { name, unit: '=支部' }, BY, 1);
      const unit = await getUnitByName(db, '=支部');
      for (const topic of HOSTILE) {
        const group = await recordSeenGroup(db, { account: 'sandbox', roomId: `${topic}@room`, topic }, 1);
        await assignGroup(db, group, unit.id, '2026-01-01', BY, 1);
        const [id = ''] = await planDeliveries(
          db,
          [
            {
              cause: topic,
              kind: 'bulletin',
              account: 'sandbox',
              groupId: group.id,
              plannedAt: now,
              parts: [{ kind: 'text', body: `${topic}\n第二行` }],
            },
          ],
          now,
        );
        await db.updateTable('delivery').set({ state: 'sent', sent_at: now }).where('id', '=', id).execute();
      }
      const group = await db.selectFrom('chat_group').select('id').executeTakeFirstOrThrow();
      const member = await db
        .selectFrom('member')
        .select('id')
        .where('name', '=', '韦国强')
        .executeTakeFirstOrThrow();
      await addToMemberDays(db, [
        { groupId: group.id, memberId: member.id, day: '2026-11-03', answers: 4, correct: 3, checkins: 1 },
      ]);

      const sheets = await readReport(
        { db, span: spanAround('month', '2026-11-01'), zone: ZONE, now },
        unit.id,
      );
      const workbook = new exceljs.Workbook();
      await workbook.xlsx.load((await writeWorkbook(sheets)) as unknown as ArrayBuffer);
      const texts: string[] = [];
      workbook.eachSheet((sheet) =>
        sheet.eachRow((row) =>
          row.eachCell((cell) => {
            expect([exceljs.ValueType.String, exceljs.ValueType.Number]).toContain(cell.type);
            expect(cell.formula).toBeFalsy();
            if (typeof cell.value === 'string') texts.push(cell.value);
          }),
        ),
      );
      for (const hostile of ['=支部', '=1+1', ...HOSTILE])
        expect(texts.map((text) => text.trim())).toContain(hostile.trim());
      const tree = workbook.getWorksheet('党组织');
      expect(tree?.getRow(2).values).toEqual([
        undefined,
        '=支部',
        2,
        1,
        '50%',
        1,
        '50%',
        4,
        3,
        '75%',
        1,
        '0.5',
        1,
        '',
      ]);
    } finally {
      await close();
    }
  });
});
