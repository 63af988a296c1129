/** The settings: every fault, all at once, no secret told; `.env` below the environment; the example complete. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import {
  type Config,
  isLocalOnly,
  isLoopback,
  parsePace,
  parseQuietHours,
  readConfig,
  readEnvironment,
  SETTING_NAMES,
} from '../src/config.ts';
import { UserError } from '../src/errors.ts';
import { ROOT } from './support/school.ts';

type Env = Readonly<Record<string, string>>;

const read = (env: Env): Config => readConfig(env, '/srv/weike');
function faultOf(env: Env): string {
  try {
    read(env);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as Error).message;
  }
  throw new Error('no fault was found');
}

describe('without any setting', () => {
  it('is a sandbox on this machine', () => {
    expect(read({})).toEqual({
      port: 8080,
      host: '127.0.0.1',
      publicUrl: 'http://127.0.0.1:8080',
      dataDir: '/srv/weike/data',
      database: { kind: 'sqlite', file: '/srv/weike/data/weike.db' },
      zone: 'Asia/Shanghai',
      lessonsDir: '/srv/weike/lessons',
      channels: [{ kind: 'sandbox', account: 'sandbox' }],
      quietHours: { from: 22 * 60, to: 7 * 60 },
      pace: { minGap: 3_000, maxGap: 8_000, perMinute: 12, perDay: 200 },
      logLevel: 'info',
    });
  });

  it('takes an empty value for none', () => {
    expect(read(Object.fromEntries(SETTING_NAMES.map((name) => [name, ''])))).toEqual(read({}));
  });
});

describe('a setting', () => {
  it.each<[Env, Partial<Config>]>([
    [{ PORT: '0' }, { port: 0 }],
    [{ PORT: '65535' }, { port: 65_535 }],
    [{ HOST: '0.0.0.0' }, { host: '0.0.0.0', publicUrl: 'http://0.0.0.0:8080' }],
    [{ HOST: '::1', PORT: '81' }, { publicUrl: 'http://[::1]:81' }],
    [{ PUBLIC_URL: 'https://weike.example.cn/' }, { publicUrl: 'https://weike.example.cn' }],
    [{ PUBLIC_URL: 'https://a.cn/weike//' }, { publicUrl: 'https://a.cn/weike' }],
    [{ DATA_DIR: '/d' }, { dataDir: '/d', database: { kind: 'sqlite', file: '/d/weike.db' } }],
    [{ DATABASE_URL: 'sqlite:a.db' }, { database: { kind: 'sqlite', file: '/srv/weike/a.db' } }],
    [{ DATABASE_URL: 'sqlite:///a.db' }, { database: { kind: 'sqlite', file: '/a.db' } }],
    [{ DATABASE_URL: 'postgres://u:p@h/d' }, { database: { kind: 'postgres', url: 'postgres://u:p@h/d' } }],
    [{ DATABASE_URL: 'postgresql://h/d' }, { database: { kind: 'postgres', url: 'postgresql://h/d' } }],
    [{ REDIS_URL: 'redis://:p@h:6379/1' }, { redisUrl: 'redis://:p@h:6379/1' }],
    [{ ZONE: 'Europe/Berlin' }, { zone: 'Europe/Berlin' }],
    [{ LESSONS_DIR: '../l' }, { lessonsDir: '/srv/l' }],
    [{ LOG_LEVEL: 'silent' }, { logLevel: 'silent' }],
    [{ SANDBOX_TOKEN: '12345678' }, { sandboxToken: '12345678' }],
  ])('%j is read', (env, expected) => {
    expect(read(env)).toMatchObject(expected);
  });

  it('off means none', () => {
    expect(read({ QUIET_HOURS: 'off' })).not.toHaveProperty('quietHours');
    expect(read({ PACE: 'off' })).not.toHaveProperty('pace');
  });

  it.each<[Env, RegExp]>([
    [{ PORT: 'x' }, /^Settings: PORT: expected an integer from 0 to 65535, got "x"$/],
    [{ PORT: '-1' }, /PORT: expected an integer/],
    [{ PORT: '65536' }, /PORT: expected an integer/],
    [{ PORT: '80.5' }, /PORT: expected an integer/],
    [{ PORT: '0x50' }, /PORT: expected an integer/],
    [{ PORT: ' 80' }, /PORT: expected an integer/],
    [{ HOST: 'a b' }, /HOST: expected a host name/],
    [{ PUBLIC_URL: 'weike.cn' }, /PUBLIC_URL: expected an address that begins with http/],
    [{ PUBLIC_URL: 'ftp://weike.cn' }, /PUBLIC_URL: expected/],
    [{ DATABASE_URL: 'mysql://h/d' }, /DATABASE_URL: expected sqlite:PATH or postgres:/],
    [{ DATABASE_URL: 'sqlite:' }, /DATABASE_URL: expected/],
    [{ DATABASE_URL: 'sqlite::memory:' }, /DATABASE_URL: expected/],
    [{ DATABASE_URL: 'postgres://' }, /DATABASE_URL: expected/],
    [{ REDIS_URL: 'http://h' }, /REDIS_URL: expected an address that begins with redis/],
    [{ ZONE: 'Peking' }, /ZONE: expected an IANA time zone/],
    [{ CHANNELS: 'weixin' }, /CHANNELS: expected a list of/],
    [{ CHANNELS: 'sandbox,' }, /CHANNELS: expected a list of/],
    [{ CHANNELS: 'onebot' }, /CHANNELS: .*onebot isn't built yet/],
    [{ CHANNELS: 'wecom:a' }, /CHANNELS: .*wecom isn't built yet/],
    [{ CHANNELS: 'sandbox:a' }, /CHANNELS: expected an account name/],
    [{ CHANNELS: 'wechaty:' }, /CHANNELS: expected an account name/],
    [{ CHANNELS: 'wechaty:A B' }, /CHANNELS: expected an account name/],
    [{ CHANNELS: 'wechaty:a:b' }, /CHANNELS: expected an account name/],
    [{ CHANNELS: 'wechaty:a,wechaty:a' }, /CHANNELS: expected each account once/],
    [{ CHANNELS: 'wechaty', WECHATY_PUPPET_OPTIONS: '{"token":' }, /WECHATY_PUPPET_OPTIONS: expected a JSON/],
    [{ CHANNELS: 'wechaty', WECHATY_PUPPET_OPTIONS: '[1]' }, /WECHATY_PUPPET_OPTIONS: expected a JSON/],
    [
      { CHANNELS: 'wechaty:a', WECHATY_PUPPET_OPTIONS_A: 'null' },
      /WECHATY_PUPPET_OPTIONS_A: expected a JSON/,
    ],
    [{ QUIET_HOURS: 'late' }, /QUIET_HOURS: expected HH:MM-HH:MM/],
    [{ QUIET_HOURS: '22:00-22:00' }, /QUIET_HOURS: expected/],
    [{ QUIET_HOURS: '24:00-07:00' }, /QUIET_HOURS: expected/],
    [{ PACE: 'fast' }, /PACE: expected like 3-8s/],
    [{ PACE: '8-3s,12/min,200/day' }, /PACE: expected/],
    [{ PACE: '3-8s,0/min,200/day' }, /PACE: expected/],
    [{ PACE: 'off', CHANNELS: 'wechaty' }, /PACE: expected a pace for a real account/],
    [{ LOG_LEVEL: 'loud' }, /LOG_LEVEL: expected silent/],
    [{ SANDBOX_TOKEN: 'short' }, /SANDBOX_TOKEN: expected at least 8 characters$/],
  ])('%j is a fault', (env, expected) => {
    expect(faultOf(env)).toMatch(expected);
  });
});

describe('several faults', () => {
  const ALL = {
    PORT: 'x',
    HOST: 'a b',
    PUBLIC_URL: 'x',
    DATABASE_URL: 'x',
    REDIS_URL: 'x',
    ZONE: 'x',
    CHANNELS: 'x',
    SANDBOX_TOKEN: 'x',
    QUIET_HOURS: 'x',
    PACE: 'x',
    LOG_LEVEL: 'x',
  };

  it('are reported together, in the order of the example', () => {
    const named = [...faultOf(ALL).matchAll(/(?:^Settings: |; )([A-Z_]+): /g)].map(([, name]) => name);
    expect(named).toEqual(SETTING_NAMES.filter((name) => name in ALL));
  });

  it('are reported whichever they are', () => {
    fc.assert(
      fc.property(fc.subarray(Object.entries(ALL), { minLength: 1 }), (chosen) => {
        const words = faultOf(Object.fromEntries(chosen));
        for (const [name] of chosen) expect(words).toContain(`${name}: expected`);
      }),
    );
  });
});

it('never tells a secret', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9]{12,24}$/);
  fc.assert(
    fc.property(secret, (word) => {
      const words = faultOf({
        PORT: 'x',
        CHANNELS: 'wechaty',
        DATABASE_URL: `mysql://user:${word}@host/${word}`,
        REDIS_URL: `http://:${word}@host`,
        WECHATY_PUPPET_OPTIONS: `{"token":"${word}"`,
        SANDBOX_TOKEN: word.slice(0, 7),
      });
      expect(words).not.toContain(word);
      expect(words).not.toContain(word.slice(0, 7));
    }),
  );
});

describe('accounts', () => {
  it('have a puppet and options of their own, else the common ones', () => {
    const { channels } = read({
      CHANNELS: 'sandbox, wechaty:county,wechaty:north-2',
      WECHATY_PUPPET: 'one',
      WECHATY_PUPPET_NORTH_2: 'two',
      WECHATY_PUPPET_OPTIONS: '{"token":"a"}',
      WECHATY_PUPPET_OPTIONS_COUNTY: '{"token":"b"}',
    });
    expect(channels).toEqual([
      { kind: 'sandbox', account: 'sandbox' },
      { kind: 'wechaty', account: 'wechaty:county', puppet: 'one', puppetOptions: { token: 'b' } },
      { kind: 'wechaty', account: 'wechaty:north-2', puppet: 'two', puppetOptions: { token: 'a' } },
    ]);
  });

  it.each<[Env, boolean]>([
    [{}, true],
    [{ CHANNELS: 'wechaty', WECHATY_PUPPET: 'wechaty-puppet-mock' }, true],
    [{ CHANNELS: 'wechaty', WECHATY_PUPPET_OPTIONS: '{"endpoint":"127.0.0.1:8788"}' }, true],
    [{ CHANNELS: 'wechaty', WECHATY_PUPPET_OPTIONS: '{"endpoint":"[::1]:8788"}' }, true],
    [{ CHANNELS: 'wechaty', WECHATY_PUPPET_OPTIONS: '{"endpoint":"localhost:1"}' }, true],
    [{ CHANNELS: 'wechaty', WECHATY_PUPPET_OPTIONS: '{"endpoint":"10.0.0.1:8788"}' }, false],
    [{ CHANNELS: 'wechaty', WECHATY_PUPPET_OPTIONS: '{"endpoint":"127.0.0.1.evil.cn:1"}' }, false],
    [{ CHANNELS: 'sandbox,wechaty' }, false],
  ])('with %j the pace may be off: %j', (env, expected) => {
    const attempt = () => read({ ...env, PACE: 'off' });
    if (expected) expect(attempt()).not.toHaveProperty('pace');
    else expect(attempt).toThrow(/PACE: expected a pace for a real account/);
  });
});

describe('quiet hours and pace', () => {
  it('are read as they are written', () => {
    const clock = fc.tuple(fc.nat(23), fc.nat(59));
    const two = (value: number) => String(value).padStart(2, '0');
    fc.assert(
      fc.property(clock, clock, ([h1, m1], [h2, m2]) => {
        const parsed = parseQuietHours(`${two(h1)}:${two(m1)}-${two(h2)}:${two(m2)}`);
        const [from, to] = [h1 * 60 + m1, h2 * 60 + m2];
        expect(parsed).toEqual(from === to ? undefined : { from, to });
      }),
    );
    fc.assert(
      fc.property(
        fc.nat(100),
        fc.nat(100),
        fc.integer({ min: 1, max: 99 }),
        fc.integer({ min: 1, max: 9_999 }),
        (least, more, perMinute, perDay) => {
          const text = `${least} - ${least + more}s, ${perMinute}/min, ${perDay}/day`;
          expect(parsePace(text)).toEqual({
            minGap: least * 1_000,
            maxGap: (least + more) * 1_000,
            perMinute,
            perDay,
          });
        },
      ),
    );
  });

  it('never throw, whatever they are', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseQuietHours(text);
        parsePace(text);
      }),
    );
  });
});

it.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['127.8.9.1', true],
  ['::1', true],
  ['[::1]', true],
  ['0.0.0.0', false],
  ['localhost.evil.cn', false],
  ['127.0.0.1.cn', false],
  ['192.168.1.1', false],
])('%s is this machine alone: %j', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
  expect(isLocalOnly({ host, publicUrl: 'http://127.0.0.1:1' })).toBe(expected);
  expect(isLocalOnly({ host: '127.0.0.1', publicUrl: 'https://weike.example.cn' })).toBe(false);
});

describe('the .env file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'weike-env-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const write = (content: string | Buffer) => writeFileSync(join(folder, '.env'), content);

  it('stands below the environment, and may be missing', () => {
    expect(readEnvironment({ PORT: '1' }, folder)).toEqual({ PORT: '1' });
    write('PORT=2\nHOST=localhost\n');
    expect(readEnvironment({ PORT: '1' }, folder)).toEqual({ PORT: '1', HOST: 'localhost' });
  });

  it('may have comments, quotes, a byte order mark and Windows line ends', () => {
    write('\u{feff}# all\r\nPORT=2 # the port\r\nZONE="Asia/Shanghai"\r\n\r\nPACE=\'off\'\r\n');
    expect(readEnvironment({}, folder)).toEqual({ PORT: '2', ZONE: 'Asia/Shanghai', PACE: 'off' });
  });

  it.each([
    ['QUIETHOURS=off', 'QUIETHOURS: no such setting; did you mean QUIET_HOURS?'],
    ['SANDBOX_TOKN=jasmine-tea', 'SANDBOX_TOKN: no such setting; did you mean SANDBOX_TOKEN?'],
    ['DATABASE_ULR=x', 'did you mean DATABASE_URL?'],
    ['CHANNEL=sandbox\nREDIS_URLS=x', 'did you mean CHANNELS?; REDIS_URLS: no such setting'],
    ['port=1', 'port: no such setting; did you mean PORT?'],
    ['DATADIR=x\nLog_Level=info', 'DATADIR: no such setting; did you mean DATA_DIR?; Log_Level:'],
  ])('names what %j was meant to be', (text, expected) => {
    write(text);
    expect(() => readEnvironment({}, folder)).toThrow(expected);
  });

  it('may hold what is no setting of ours', () => {
    write('NODE_OPTIONS=--trace-warnings\nWECHATY_PUPPET_COUNTY=x\nWECHATY_TOKEN=t\nPOST=1\nHOSTS=a\n');
    expect(readEnvironment({}, folder)).toMatchObject({ WECHATY_PUPPET_COUNTY: 'x' });
  });

  it('is refused in words when it is no text or no file', () => {
    write(Buffer.from('\u{feff}PORT=1', 'utf16le'));
    expect(() => readEnvironment({}, folder)).toThrow(/isn't UTF-8 text: save it again/);
    rmSync(join(folder, '.env'));
    mkdirSync(join(folder, '.env'));
    expect(() => readEnvironment({}, folder)).toThrow(/\.env can't be read: it is a folder/);
  });
});

describe('.env.example', () => {
  const text = readFileSync(join(ROOT, '.env.example'), 'utf8');

  it('names every setting, in the order in which faults are reported', () => {
    const named = [...text.matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name);
    expect(named).toEqual([...SETTING_NAMES]);
  });

  it('says what is so without it', () => {
    expect(read(parseEnv(text) as Env)).toEqual(read({}));
  });

  it('stands in the README with the same names', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    for (const name of SETTING_NAMES) expect(readme).toContain(`\`${name}\``);
  });
});
