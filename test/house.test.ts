/** The house rules: imports run one way, and each vendor package is imported in one folder only. */
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, posix, relative } from 'node:path';

import { describe, expect, it } from 'vitest';

const SRC = new URL('../src/', import.meta.url).pathname;

/** From the top down: a folder imports what stands below it, never what stands above. */
const ORDER = [
  'root',
  'cli',
  'web',
  'chat',
  'schedule',
  'delivery',
  'channels',
  'digest',
  'news',
  'quiz',
  'checkin',
  'lessons',
  'people',
  'sheets',
  'db',
  'base',
] as const;

/** Files directly in src: those that put parts together stand above all, the others below all. */
const BASE = ['clock.ts', 'config.ts', 'errors.ts', 'figures.ts', 'log.ts', 'passing.ts'];

/** Seen so far, with the reason: what is taken from a folder above as a type or a pure word list. */
const KNOWN_EXCEPTIONS = new Set<string>([
  // The shapes of a lesson are data without behaviour.
]);

interface Import {
  readonly file: string;
  readonly from: string;
}

function listImports(): Import[] {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return files.flatMap((file) => {
    const source = readFileSync(join(SRC, file), 'utf8');
    const found = [
      ...source.matchAll(/^\s*(?:import|export)\s[^;]*?from\s+'([^']+)'/gm),
      ...source.matchAll(/import\(\s*'([^']+)'\s*\)/g),
      ...source.matchAll(/^import\s+'([^']+)'/gm),
    ];
    return found.map(([, from = '']) => ({ file, from }));
  });
}

function rankOf(file: string): (typeof ORDER)[number] {
  const [first = '', second] = file.split('/');
  if (second !== undefined) return first as (typeof ORDER)[number];
  if (BASE.includes(first)) return 'base';
  return first === 'cli.ts' ? 'cli' : 'root';
}

const imports = listImports();

describe('the house', () => {
  it('has a place in the order for every folder', () => {
    const folders = new Set(imports.map(({ file }) => rankOf(file)));
    for (const folder of folders) expect(ORDER).toContain(folder);
  });

  it('imports one way', () => {
    const wrong = imports
      .filter(({ from }) => from.startsWith('.'))
      .map(({ file, from }) => ({ file, target: posix.join(dirname(file), from) }))
      .filter(({ file, target }) => {
        const [above, below] = [rankOf(file), rankOf(target)];
        // The clock and its kin know nothing of each other's tops; within a folder order is its own affair.
        return above !== below && ORDER.indexOf(above) > ORDER.indexOf(below);
      })
      .map(({ file, target }) => `${file} -> ${target}`)
      .filter((edge) => !KNOWN_EXCEPTIONS.has(edge));
    expect(wrong).toEqual([]);
  });

  it('imports each vendor package in one folder only', () => {
    const homes = new Map<string, Set<string>>();
    for (const { file, from } of imports) {
      if (from.startsWith('.') || from.startsWith('node:') || builtinModules.includes(from)) continue;
      const name = from.startsWith('@') ? from.split('/').slice(0, 2).join('/') : (from.split('/')[0] ?? '');
      const folder = file.includes('/') ? relative('.', dirname(file)).split('/')[0] : 'src';
      homes.set(name, (homes.get(name) ?? new Set()).add(folder ?? ''));
    }
    const spread = [...homes]
      .filter(([, folders]) => folders.size > 1)
      .map(([name, folders]) => `${name}: ${[...folders].join(', ')}`);
    expect(spread).toEqual([]);
  });

  it('keeps addresses of registries out of the lock file', () => {
    const lock = readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8');
    expect(lock).not.toContain('"resolved"');
  });
});
