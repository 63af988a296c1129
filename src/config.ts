/**
 * Every setting of the deployment, read once, all faults reported together. No other file reads the
 * environment. Policies that people change while it runs are rows in the database, not settings here.
 */
import { readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';

import { isZone, SECOND } from './clock.ts';
import { diskReason, reasonOf, UserError } from './errors.ts';

export interface QuietHours {
  /** Minutes since local midnight; `from > to` spans midnight. */
  readonly from: number;
  readonly to: number;
}

export interface Pace {
  /** Least and greatest gap between two messages of an account, ms; the jitter lies between. */
  readonly minGap: number;
  readonly maxGap: number;
  readonly perMinute: number;
  readonly perDay: number;
}

export interface ChannelConfig {
  readonly kind: 'sandbox' | 'wechaty';
  /** `sandbox`, `wechaty` or `wechaty:county`: the account's stable name. */
  readonly account: string;
  readonly puppet?: string;
  readonly puppetOptions?: Readonly<Record<string, unknown>>;
}

export interface Config {
  readonly port: number;
  readonly host: string;
  readonly publicUrl: string;
  readonly dataDir: string;
  readonly database:
    { readonly kind: 'sqlite'; readonly file: string } | { readonly kind: 'postgres'; readonly url: string };
  /** Absent: a private `redis-server` child in the data folder. */
  readonly redisUrl?: string;
  readonly zone: string;
  readonly lessonsDir: string;
  readonly channels: readonly ChannelConfig[];
  readonly sandboxToken?: string;
  readonly quietHours?: QuietHours;
  /** Absent: off. */
  readonly pace?: Pace;
  /** `127.0.0.1:8099`: addresses that feeds may be read from although they aren't public; for tests. */
  readonly feedAllow?: ReadonlySet<string>;
  readonly logLevel: string;
}

type Env = Readonly<Record<string, string | undefined>>;

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i;

/** Whether a host name means this machine only. */
export const isLoopback = (host: string): boolean => LOOPBACK.test(host);

/** Whether everything that serves pages is bound to this machine only. */
export const isLocalOnly = (config: Pick<Config, 'host' | 'publicUrl'>): boolean =>
  isLoopback(config.host) && isLoopback(new URL(config.publicUrl).hostname);

/** Whether a link with this base opens on this machine at best: a loopback address, or `0.0.0.0` and `[::]`, which are none. */
export function leadsNowhere(publicUrl: string): boolean {
  const { hostname } = new URL(publicUrl);
  return isLoopback(hostname) || hostname === '0.0.0.0' || hostname === '[::]';
}

/** Each setting's reader: gives a value or adds a fault; a fault never shows a secret's value. */
class Faults {
  readonly #found: { readonly name: string; readonly words: string }[] = [];
  add(name: string, expected: string, got?: string): void {
    const shown = got === undefined ? '' : `, got ${JSON.stringify(got)}`;
    this.#found.push({ name, words: `${name}: expected ${expected}${shown}` });
  }
  /** In the order of `.env.example`, however they were found. */
  list(): string[] {
    const place = (name: string) => SETTING_NAMES.findLastIndex((known) => name.startsWith(known));
    return this.#found.toSorted((a, b) => place(a.name) - place(b.name)).map(({ words }) => words);
  }
}

const ACCOUNT = /^[a-z][a-z0-9-]{0,30}$/;
const KNOWN_LATER = new Set(['onebot', 'wecom']);

function readInteger(
  env: Env,
  name: string,
  fallback: number,
  least: number,
  most: number,
  faults: Faults,
): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  faults.add(name, `an integer from ${least} to ${most}`, text);
  return fallback;
}

/** `22:00-07:00` or `off`. Both ends in minutes since midnight. */
export function parseQuietHours(text: string): QuietHours | 'off' | undefined {
  if (text === 'off') return 'off';
  const match = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (!match) return undefined;
  const [from, to] = [Number(match[1]) * 60 + Number(match[2]), Number(match[3]) * 60 + Number(match[4])];
  return from === to ? undefined : { from, to };
}

/** `3-8s,12/min,200/day` or `off`. */
export function parsePace(text: string): Pace | 'off' | undefined {
  if (text === 'off') return 'off';
  const match = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)s,([1-9]\d*)\/min,([1-9]\d*)\/day$/.exec(
    text.replaceAll(' ', ''),
  );
  if (!match) return undefined;
  const [minGap, maxGap] = [Number(match[1]) * SECOND, Number(match[2]) * SECOND];
  if (minGap > maxGap) return undefined;
  return { minGap, maxGap, perMinute: Number(match[3]), perDay: Number(match[4]) };
}

function readChannels(env: Env, faults: Faults): ChannelConfig[] {
  const channels: ChannelConfig[] = [];
  const names = (env.CHANNELS?.trim() || 'sandbox').split(',').map((name) => name.trim());
  for (const name of names) {
    const [kind = '', account, ...rest] = name.split(':');
    if (KNOWN_LATER.has(kind)) {
      faults.add('CHANNELS', `sandbox or wechaty (${kind} isn't built yet)`, name);
    } else if (kind !== 'sandbox' && kind !== 'wechaty') {
      faults.add('CHANNELS', 'a list of sandbox, wechaty or wechaty:NAME', name);
    } else if (rest.length > 0 || (account !== undefined && (kind === 'sandbox' || !ACCOUNT.test(account)))) {
      faults.add('CHANNELS', 'an account name of small letters, digits and - after wechaty:', name);
    } else if (channels.some((channel) => channel.account === name)) {
      faults.add('CHANNELS', 'each account once', name);
    } else if (kind === 'sandbox') {
      channels.push({ kind, account: name });
    } else {
      channels.push({ kind, account: name, ...readPuppet(env, account, faults) });
    }
  }
  return channels;
}

function readPuppet(env: Env, account: string | undefined, faults: Faults) {
  const suffix = account === undefined ? '' : `_${account.toUpperCase().replaceAll('-', '_')}`;
  const puppet = env[`WECHATY_PUPPET${suffix}`] || env.WECHATY_PUPPET || 'wechaty-puppet-wechat4u';
  const own = `WECHATY_PUPPET_OPTIONS${suffix}`;
  const optionsName = env[own] ? own : 'WECHATY_PUPPET_OPTIONS';
  let puppetOptions: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(env[optionsName] || '{}');
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new TypeError();
    puppetOptions = parsed as Record<string, unknown>;
  } catch {
    // The value may hold a token: it is not shown.
    faults.add(optionsName, 'a JSON object, e.g. {"token":"…"}');
  }
  return { puppet, puppetOptions };
}

/** Whether pace and quiet hours apply to this channel: not where there is no chat behind it at all. */
export const isPaced = ({ kind, puppet }: ChannelConfig): boolean =>
  kind !== 'sandbox' && puppet !== 'wechaty-puppet-mock';

/** Whether nobody's account can be banned behind this channel: then the pace may be off. */
function isHarmless(channel: ChannelConfig): boolean {
  if (!isPaced(channel)) return true;
  const endpoint = channel.puppetOptions?.endpoint;
  if (typeof endpoint !== 'string') return false;
  const host = endpoint.startsWith('[')
    ? endpoint.slice(0, endpoint.indexOf(']') + 1)
    : endpoint.split(':')[0];
  return isLoopback(host ?? '');
}

function readUrl(env: Env, name: string, protocols: readonly string[], faults: Faults): URL | undefined {
  const text = env[name];
  if (!text) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && protocols.includes(url.protocol)) return url;
  // The address may hold a password: only its first word is shown.
  faults.add(
    name,
    `an address that begins with ${protocols.map((p) => `${p}//`).join(' or ')}`,
    text.split(/[:/@]/)[0],
  );
  return undefined;
}

/** A database in memory (`sqlite::memory:`) is refused: what was sent has to be known after the end. */
function readDatabase(env: Env, dataDir: string, cwd: string, faults: Faults): Config['database'] {
  const text = env.DATABASE_URL;
  if (!text) return { kind: 'sqlite', file: join(dataDir, 'weike.db') };
  if (text.startsWith('sqlite:')) {
    const path = text.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
    if (path && !path.startsWith(':'))
      return { kind: 'sqlite', file: isAbsolute(path) ? path : resolve(cwd, path) };
  }
  if (/^postgres(ql)?:\/\/./.test(text) && URL.canParse(text)) return { kind: 'postgres', url: text };
  faults.add('DATABASE_URL', 'sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE', text.split(/[:/@]/)[0]);
  return { kind: 'sqlite', file: join(dataDir, 'weike.db') };
}

/** Reads and checks all settings. Throws one `UserError` with every fault, or gives a whole `Config`. */
export function readConfig(env: Env, cwd: string): Config {
  const faults = new Faults();
  const port = readInteger(env, 'PORT', 8080, 0, 65_535, faults);
  const host = env.HOST || '127.0.0.1';
  if (!/^[\w.:[\]-]+$/.test(host)) faults.add('HOST', 'a host name or address to listen on', host);
  const shownHost = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  const publicUrl =
    readUrl(env, 'PUBLIC_URL', ['http:', 'https:'], faults)?.href ?? `http://${shownHost}:${port}`;
  const dataDir = resolve(cwd, env.DATA_DIR || './data');
  const zone = env.ZONE || 'Asia/Shanghai';
  if (!isZone(zone)) faults.add('ZONE', 'an IANA time zone such as Asia/Shanghai', zone);
  const channels = readChannels(env, faults);

  const quietText = env.QUIET_HOURS || '22:00-07:00';
  const quiet = parseQuietHours(quietText);
  if (!quiet) faults.add('QUIET_HOURS', 'HH:MM-HH:MM (two different times) or off', quietText);
  const paceText = env.PACE || '3-8s,12/min,200/day';
  const pace = parsePace(paceText);
  if (!pace) faults.add('PACE', 'like 3-8s,12/min,200/day or off', paceText);
  if (pace === 'off' && !channels.every(isHarmless))
    faults.add(
      'PACE',
      'a pace for a real account (off only for the sandbox, the mock puppet or a loopback endpoint)',
      'off',
    );

  const database = readDatabase(env, dataDir, cwd, faults);
  const redisUrl = readUrl(env, 'REDIS_URL', ['redis:', 'rediss:'], faults)?.href;
  const logLevel = env.LOG_LEVEL || 'info';
  if (!['silent', 'error', 'warn', 'info', 'debug'].includes(logLevel))
    faults.add('LOG_LEVEL', 'silent, error, warn, info or debug', logLevel);
  const feedAllow = (env.FEED_ALLOW ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
  for (const one of feedAllow)
    if (!/^[\d.]+:\d{1,5}$|^\[?[\da-f:]+\]?:\d{1,5}$/i.test(one))
      faults.add('FEED_ALLOW', 'addresses with their ports, such as 127.0.0.1:8099', one);
  const sandboxToken = env.SANDBOX_TOKEN;
  if (sandboxToken && sandboxToken.length < 8) faults.add('SANDBOX_TOKEN', 'at least 8 characters');

  const found = faults.list();
  if (found.length > 0) throw new UserError(`Settings: ${found.join('; ')}`);
  return {
    port,
    host,
    publicUrl: publicUrl.replace(/\/+$/, ''),
    dataDir,
    database,
    ...(redisUrl ? { redisUrl } : {}),
    zone,
    lessonsDir: resolve(cwd, env.LESSONS_DIR || './lessons'),
    channels,
    ...(sandboxToken ? { sandboxToken } : {}),
    ...(quiet && quiet !== 'off' ? { quietHours: quiet } : {}),
    ...(pace && pace !== 'off' ? { pace } : {}),
    ...(feedAllow.length > 0 ? { feedAllow: new Set(feedAllow) } : {}),
    logLevel,
  };
}

/** In the order of `.env.example`. */
export const SETTING_NAMES = [
  'PORT',
  'HOST',
  'PUBLIC_URL',
  'DATA_DIR',
  'DATABASE_URL',
  'REDIS_URL',
  'ZONE',
  'LESSONS_DIR',
  'CHANNELS',
  'WECHATY_PUPPET',
  'WECHATY_PUPPET_OPTIONS',
  'SANDBOX_TOKEN',
  'QUIET_HOURS',
  'PACE',
  'LOG_LEVEL',
] as const;

/** Shorter names differ by a letter from many a word: PORT and POST. */
const LEAST_FOR_SLIP = 6;

/**
 * The setting that a name all but is: `QUIETHOURS`, `quiet-hours`, `SANDBOX_TOKN`. What is misspelt would quietly do
 * nothing.
 */
function meantName(name: string): string | undefined {
  const bare = (text: string) => text.replaceAll(/[^a-z0-9]/gi, '').toUpperCase();
  const meant =
    SETTING_NAMES.find((known) => bare(known) === bare(name)) ??
    SETTING_NAMES.find((known) => known.length >= LEAST_FOR_SLIP && isOneSlip(bare(known), bare(name)));
  return meant === name ? undefined : meant;
}

/** Whether a letter is missing, too many, another, or two neighbours are swapped. */
function isOneSlip(one: string, other: string): boolean {
  let start = 0;
  while (start < one.length && one[start] === other[start]) start += 1;
  let end = 0;
  const rest = Math.min(one.length, other.length) - start;
  while (end < rest && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  const [left, right] = [one.slice(start, one.length - end), other.slice(start, other.length - end)];
  if (left.length <= 1 && right.length <= 1) return true;
  return left.length === 2 && left === `${right[1] ?? ''}${right[0] ?? ''}`;
}

/** The environment over the `.env` file in `cwd`, when there is one. */
export function readEnvironment(env: Env, cwd: string): Env {
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(cwd, '.env'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return env;
    throw new UserError(`.env can't be read: ${diskReason(error) ?? reasonOf(error)}`, { cause: error });
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new UserError(".env isn't UTF-8 text: save it again in that encoding", { cause: error });
  }
  const settings = parseEnv(text);
  const faults = Object.keys(settings).flatMap((name) => {
    const meant = meantName(name);
    return meant === undefined ? [] : [`${name}: no such setting; did you mean ${meant}?`];
  });
  if (faults.length > 0) throw new UserError(`.env: ${faults.join('; ')}`);
  return { ...settings, ...env };
}
