/** What the console's pages work with, and how they read what a browser sends. */
import type { Context } from 'hono';

import type { ChannelStatus } from '../../channels/channel.ts';
import type { Db } from '../../db/open.ts';
import type { Actor } from '../../people/scope.ts';
import type { PaceConfig } from '../../schedule/outlook.ts';
import type { WebParts } from '../parts.ts';

export interface ConsoleParts {
  readonly db: Db;
  /** What a plan has to fit. */
  readonly config: PaceConfig;
  /** Where uploads are kept. */
  readonly dataDir: string;
  readonly channels: () => readonly ChannelStatus[];
  /** The longest text part that each account's channel takes, in UTF-16 code units. */
  readonly longestTexts: () => ReadonlyMap<string, number>;
  /** Ends an account's connection and makes a new one. */
  readonly restart: (account: string) => Promise<void>;
  /** Makes the files that were asked for. */
  readonly makeFiles: () => void;
  /** Lets what was decided just now go out at once. */
  readonly poke: () => Promise<void>;
}

/** A server whose console is open. */
export type ConsoleSite = WebParts & { readonly console: ConsoleParts };

/** One request: who asks, and when. */
export interface Desk extends ConsoleParts {
  readonly site: ConsoleSite;
  readonly actor: Actor;
  readonly now: number;
  readonly zone: string;
}

export const deskOf = (site: ConsoleSite, c: Context): Desk => ({
  ...site.console,
  site,
  actor: c.get('viewer'),
  now: site.clock.now(),
  zone: site.config.zone,
});

/** What a form was sent with: single values and, for what can be ticked several times, all of them. */
export interface Form {
  readonly get: (name: string) => string;
  readonly all: (name: string) => readonly string[];
}

export async function readForm(c: Context): Promise<Form> {
  const body = await c.req.parseBody({ all: true });
  const texts = (name: string): string[] =>
    [body[name] ?? []].flat().filter((value): value is string => typeof value === 'string');
  return { get: (name) => texts(name)[0] ?? '', all: texts };
}

/** A path of ours to go back to; the address of another site would make this an open redirect. */
export const backTo = (path: string, otherwise: string): string =>
  /^\/(?![/\\])[^\s\\]*$/.test(path) ? path : otherwise;

/** A number as people name things by it; 0 is nobody's. */
export const readNo = (text: string | undefined): number =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : 0;
