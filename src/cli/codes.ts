/** Certification from a terminal: sheets of one-time codes, and the requests that wait. */
import { isoInZone, localDay } from '../clock.ts';
import { tellDecision } from '../chat/commands/certify.ts';
import { factMover } from '../digest/follow.ts';
import type { Db } from '../db/open.ts';
import { UserError } from '../errors.ts';
import {
  approveCertification,
  listCertifications,
  rejectCertification,
  revokeCertification,
} from '../people/certify.ts';
import { CODE_LIFE, issueCodes, type PrintedCode } from '../people/codes.ts';
import { getMemberByName } from '../people/members.ts';
import { readTree } from '../people/places.ts';
import { TERMINAL } from '../people/scope.ts';
import { subtreeIn } from '../people/tree.ts';
import { getInTree } from '../people/units.ts';
import { toCsv } from '../sheets/csv.ts';
import { type Output, printJson, printOne, printRows, withDb } from './parts.ts';

const COLUMNS = ['unit', 'name', 'number', 'code', 'say'] as const;

export interface PrintOptions extends Output {
  readonly unit?: string;
  readonly member?: string;
  readonly csv?: boolean;
}

/** The codes of a unit and all below it, to cut up and hand out; those printed before stop working. */
export const print = (options: PrintOptions): Promise<void> =>
  withDb(async (db, { zone }) => {
    if ((options.unit === undefined) === (options.member === undefined))
      throw new UserError('say whose codes: --unit UNIT, or --member MEMBER');
    const now = Date.now();
    const tree = await readTree(db);
    const whom =
      options.unit === undefined
        ? { memberId: (await getMemberByName(db, options.member ?? '')).id }
        : { unitIds: [...subtreeIn(tree, [getInTree(tree, options.unit).id])] };
    const codes = (await issueCodes(db, whom, TERMINAL, now)).map((code) => ({
      ...code,
      say: `认证 ${code.name} ${code.code}`,
    }));
    if (options.json) return printJson(codes);
    if (options.csv) return void process.stdout.write(toCsv(codes, COLUMNS));
    if (codes.length === 0)
      return void process.stdout.write('everybody there is certified: no code was made\n');
    process.stdout.write(composeSheet(codes, localDay(now + CODE_LIFE, zone)));
  });

/** Slips of paper, one below the other, with lines to cut along. */
export function composeSheet(codes: readonly (PrintedCode & { say: string })[], until: string): string {
  const cut = `✂${'- '.repeat(24)}\n`;
  const slips = codes.map(({ unit, name, number, say }) =>
    [
      `${unit ?? ''}　${name}${number === null ? '' : `（${number}）`}`,
      `加小课为好友，私聊发：${say}`,
      `${until} 前有效，只能用一次，不要给别人。`,
      '',
    ].join('\n'),
  );
  return [...slips, ''].join(cut);
}

export const list = (output: Output): Promise<void> =>
  withDb(async (db, { zone }) => {
    const rows = (await listCertifications(db, TERMINAL)).map((row) => ({
      ...row,
      created_at: isoInZone(row.created_at, zone),
    }));
    const columns = ['no', 'claimed_name', 'evidence', 'nickname', 'unit', 'number', 'taken', 'created_at'];
    printRows(rows, columns, output);
  });

/** What waits under a number; the chat says the rest in Chinese. */
async function getWaiting(db: Db, no: string) {
  const waiting = (await listCertifications(db, TERMINAL)).find((row) => String(row.no) === no);
  if (!waiting) throw new UserError(`nobody waits under "${no}": see "weike certify list"`);
  return waiting;
}

export const approve = (no: string, options: Output & { as?: string }): Promise<void> =>
  withDb(async (db, { zone }) => {
    const now = Date.now();
    const waiting = await getWaiting(db, no);
    const as = options.as === undefined ? waiting.member_id : (await getMemberByName(db, options.as)).id;
    if (as === null)
      throw new UserError(
        `the roster has none or several called "${waiting.claimed_name}": say which with --as MEMBER`,
      );
    const decided = await approveCertification(db, waiting.no, as, TERMINAL, factMover(zone), now);
    await tellDecision(db, decided, `认证好了，${decided.name}。以前学的都算在你名下。`, now);
    printOne(decided, `${decided.name} is certified`, options);
  });

export const reject = (no: string, reason: string, output: Output): Promise<void> =>
  withDb(async (db) => {
    const now = Date.now();
    const waiting = await getWaiting(db, no);
    const decided = await rejectCertification(db, waiting.no, reason, TERMINAL, now);
    const why = reason === '' ? '' : `：${reason}`;
    await tellDecision(db, decided, `认证没有通过${why}。有疑问请找支部书记。`, now);
    printOne(decided, `${decided.name} is not certified`, output);
  });

export const revoke = (named: string, output: Output): Promise<void> =>
  withDb(async (db, { zone }) => {
    const member = await getMemberByName(db, named);
    const contacts = await revokeCertification(db, member.id, TERMINAL, factMover(zone), Date.now());
    printOne({ id: member.id, contacts }, `${member.name} is not certified any more`, output);
  });
