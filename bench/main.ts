/**
 * `npm run bench`: measures what has an aim, each figure beside its bare limit of the same run.
 * Arguments: names of benches (all by default), `--full` for the honest form, `--scale` for the big county alone,
 * with `--answers N` of fewer of its ten million, `--json` for machines.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import Table from 'cli-table3';

import { answers } from './answers.ts';
import { desk } from './desk.ts';
import { inbound } from './inbound.ts';
import { interpreter } from './interpret.ts';
import { kill } from './kill.ts';
import { lesson } from './lesson.ts';
import { page } from './page.ts';
import { retention } from './retention.ts';
import { scale } from './scale.ts';
import { start } from './start.ts';
import type { Bench, Figure } from './figure.ts';

const BENCHES: readonly Bench[] = [
  interpreter,
  inbound,
  answers,
  lesson,
  kill,
  start,
  page,
  desk,
  retention,
  scale,
];

const ROOT = new URL('..', import.meta.url).pathname;

async function main(): Promise<number> {
  const names = BENCHES.map(({ name }) => name);
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      full: { type: 'boolean', default: false },
      scale: { type: 'boolean', default: false },
      answers: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const strange = positionals.find((name) => !names.includes(name));
  if (strange !== undefined) {
    console.error(`there is no bench "${strange}": choose from ${names.join(', ')}`);
    return 2;
  }
  const answerCount = values.answers === undefined ? undefined : Number(values.answers);
  if (answerCount !== undefined && !(Number.isSafeInteger(answerCount) && answerCount > 0)) {
    console.error(`--answers: expected a whole number, got "${values.answers}"`);
    return 2;
  }
  const wanted = values.scale ? [...positionals, scale.name] : positionals;
  const full = values.full || values.scale;
  const chosen = BENCHES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model ?? '',
    memoryMb: Math.round(totalmem() / 1e6),
    node: process.version,
    load: loadavg()[0] ?? 0,
  };
  const form = full ? 'full' : 'short';
  const { cpus: count, model, node, load } = machine;
  const say = (what: string) => process.stderr.write(`  … ${what}\n`);
  if (!values.json)
    console.log(`${form} form, ${count} × ${model}, node ${node}, load ${load.toFixed(1)} at the start\n`);
  const results: { name: string; title: string; seconds: number; figures: Figure[] }[] = [];
  for (const bench of chosen) {
    say(bench.name);
    // Beside the server's data: the disk is part of what is measured.
    const data = join(ROOT, 'data');
    mkdirSync(data, { recursive: true });
    const folder = mkdtempSync(join(data, `bench-${bench.name}-`));
    try {
      const began = performance.now();
      const figures = await bench.run({
        full,
        folder,
        say,
        ...(answerCount === undefined ? {} : { answers: answerCount }),
      });
      const seconds = Math.round((performance.now() - began) / 100) / 10;
      results.push({ name: bench.name, title: bench.title, seconds, figures });
      if (!values.json) console.log(show(bench, seconds, figures));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  if (values.json) console.log(JSON.stringify({ machine, form, benches: results }, null, 2));
  return 0;
}

function show(bench: Bench, seconds: number, figures: readonly Figure[]): string {
  const table = new Table({
    head: ['what', 'ours', 'bare limit', 'ratio', 'aim', ''],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [44, 16, 38, 9, 14, 8],
  });
  for (const { what, value, unit, bare, ratio, aim, met } of figures)
    table.push([
      what,
      `${number(value)} ${unit}`,
      bare ? `${number(bare.value)} ${bare.unit} · ${bare.what}` : '',
      ratio === undefined ? '' : `${ratio.toFixed(2)} ×`,
      aim ?? '',
      met === undefined ? '' : met ? 'met' : 'missed',
    ]);
  const notes = figures.flatMap(({ what, note }) => (note === undefined ? [] : [`  ${what}: ${note}`]));
  return [`${bench.name}: ${bench.title} (${seconds} s)`, table.toString(), ...notes, ''].join('\n');
}

/** Three digits that say something. */
function number(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value.toPrecision(3);
}

process.exitCode = await main();
