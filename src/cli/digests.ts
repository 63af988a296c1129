/** Digests from a terminal: as text or picture into a file, and corrections. */
import { writeFile } from 'node:fs/promises';

import { localDay, readDate } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { composeGroupDay, readGroupDay } from '../digest/daily.ts';
import { type Digest, readGroupDigest, readUnitDigest } from '../digest/digest.ts';
import { drawDigest } from '../digest/picture.ts';
import { renderPng } from '../digest/png.ts';
import { isSpanKind, sayAsOf, type Span, SPAN_KINDS, spanAround, spanOfDigest } from '../digest/spans.ts';
import { composeDigest } from '../digest/words.ts';
import { UserError } from '../errors.ts';
import { readCatalogue } from '../lessons/written.ts';
import { getGroupByKey } from '../people/groups.ts';
import { getUnitByName } from '../people/units.ts';
import { correctSpan } from '../schedule/corrections.ts';
import { TERMINAL } from '../people/scope.ts';
import { type Output, printOne, withDb } from './parts.ts';

export interface RenderOptions extends Output {
  readonly kind?: string;
  readonly unit?: string;
  readonly group?: string;
  readonly day?: string;
  readonly as?: string;
  readonly out?: string;
}

const FORMS = ['text', 'png', 'svg'] as const;

/** Of the last span that is over, or the one around `--day`. */
function readSpan({ kind, day }: Pick<RenderOptions, 'kind' | 'day'>, zone: string, now: number): Span {
  if (kind === undefined || !isSpanKind(kind))
    throw new UserError(`--kind: expected ${SPAN_KINDS.join(', ')}, got "${kind ?? ''}"`);
  if (day === undefined) return spanOfDigest(kind, localDay(now, zone));
  const at = readDate(day, zone);
  if (at === undefined) throw new UserError(`--day: expected a day like 2026-11-24, got "${day}"`);
  return spanAround(kind, localDay(at, zone));
}

async function readDigest(db: Db, options: RenderOptions, zone: string, now: number): Promise<Digest> {
  const of = { db, span: readSpan(options, zone, now), zone, now };
  if ((options.unit === undefined) === (options.group === undefined))
    throw new UserError('name exactly one of --unit UNIT and --group KEY');
  if (options.group !== undefined) return await readGroupDigest(of, await getGroupByKey(db, options.group));
  return await readUnitDigest(of, (await getUnitByName(db, options.unit ?? '')).id);
}

/** As a group gets it: a day's is told by what was taught, anything longer by its figures. */
async function composeFor(db: Db, digest: Digest, { group }: RenderOptions, zone: string): Promise<string> {
  const { unclosed = false, span } = digest;
  const { kind, from } = span;
  if (group === undefined || kind !== 'day') return composeDigest(digest);
  const { id } = await getGroupByKey(db, group);
  return composeGroupDay(from, await readGroupDay(db, id, from, zone), { zone, unclosed });
}

export const render = (options: RenderOptions): Promise<void> =>
  withDb(async (db, { zone }) => {
    const form = FORMS.find((one) => one === options.as);
    if (!form) throw new UserError(`--as: expected ${FORMS.join(', ')}, got "${options.as ?? ''}"`);
    if (form === 'png' && options.out === undefined) throw new UserError('--as png needs --out FILE');
    const now = Date.now();
    const digest = await readDigest(db, options, zone, now);
    const svg = form === 'text' ? '' : await drawDigest(digest, { asOf: sayAsOf(now, zone) });
    const words = form === 'text' ? `${await composeFor(db, digest, options, zone)}\n` : '';
    const made = form === 'text' ? words : form === 'svg' ? svg : await renderPng(svg);
    if (options.out === undefined) {
      if (!options.json) return void process.stdout.write(made);
    } else await writeFile(options.out, made);
    const { span, counts, before, trend, honoured, units } = digest;
    printOne(
      {
        kind: span.kind,
        who: digest.who,
        from: span.from,
        to: span.to,
        counts,
        before: before ?? null,
        units: units.map(({ name, counts: own }) => ({ name, ...own })),
        trend,
        honoured,
        ...(options.out === undefined ? { text: String(made) } : { out: options.out }),
      },
      `${options.out ?? ''}: ${digest.who}, ${span.from} to ${span.to}`,
      options,
    );
  });

/**
 * Sends a group the figures of a span anew, marked as a correction, when the group has had it and they have changed.
 * `anyway`: also when they haven't.
 */
export const correct = (options: RenderOptions & { readonly anyway?: boolean }): Promise<void> =>
  withDb(async (db, { zone, dataDir, lessonsDir }) => {
    const now = Date.now();
    const span = readSpan(options, zone, now);
    if (options.group === undefined) throw new UserError('name a group with --group KEY');
    const group = await getGroupByKey(db, options.group);
    const { lessons } = await readCatalogue(db, lessonsDir);
    const parts = { place: { zone, dataDir }, lessons, anyway: options.anyway === true };
    const { id, no } = await correctSpan(db, TERMINAL, { group, span }, parts, now);
    printOne(
      { delivery: id, no },
      `planned for ${group.key} as delivery ${no}: the server sends it, marked as a correction`,
      options,
    );
  });
