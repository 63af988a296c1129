/** What the terminal says at a start: nothing that isn't so, and what to do where something is amiss. */
import { describe, expect, it } from 'vitest';

import { leadsNowhere, readConfig } from '../src/config.ts';
import { greeting } from '../src/greeting.ts';

const greet = (env: Record<string, string> = {}, given: { lessons?: number; isNew?: boolean } = {}) => {
  const { lines, warnings } = greeting({
    config: readConfig(env, '/srv'),
    url: 'http://127.0.0.1:8080',
    lessons: 18,
    isNew: true,
    ...(env.HOST === undefined ? {} : { adminToken: 'secret' }),
    ...given,
  });
  return [...lines, ...warnings].join('\n');
};

describe('the greeting', () => {
  it('leads to the sandbox, and promises a lesson only where one comes', () => {
    expect(greet()).toBe(
      '微课 is running at http://127.0.0.1:8080/\n' +
        'Try it in the sandbox: http://127.0.0.1:8080/sandbox (a lesson arrives within a minute)',
    );
    expect(greet({}, { isNew: false })).not.toContain('arrives');
    expect(greet({}, { lessons: 0 })).not.toContain('arrives');
    expect(greet({}, { lessons: 0 })).toContain(
      'there is no lesson in /srv/lessons: put Markdown files there, or set LESSONS_DIR',
    );
  });

  it('says how the sandbox opens where it is shut, and never its token', () => {
    expect(greet({ HOST: '0.0.0.0' })).toContain('set SANDBOX_TOKEN');
    const said = greet({ HOST: '0.0.0.0', SANDBOX_TOKEN: 'jasmine-tea' });
    expect(said).toContain('/sandbox?token=…');
    expect(said).not.toContain('jasmine-tea');
  });

  it('gives an admin a link that opens here, and asks for an address that others can use', () => {
    const said = greet({ HOST: '0.0.0.0' });
    expect(said).toContain('http://127.0.0.1:8080/enter?t=secret');
    expect(said).toContain('set PUBLIC_URL');
    const known = greet({ HOST: '0.0.0.0', PUBLIC_URL: 'https://weike.example.cn' });
    expect(known).toContain('https://weike.example.cn/enter?t=secret');
    expect(known).not.toContain('set PUBLIC_URL');
    expect(greet({ CHANNELS: 'wechaty' })).toContain('set PUBLIC_URL');
    expect(greet()).not.toContain('PUBLIC_URL');
  });

  it.each([
    ['http://0.0.0.0:8080', true],
    ['http://[::]:8080', true],
    ['http://127.0.0.1:8080', true],
    ['http://localhost', true],
    ['http://192.168.1.7:8080', false],
    ['https://weike.example.cn', false],
  ])('takes %s for a base that leads nowhere: %j', (base, expected) => {
    expect(leadsNowhere(base)).toBe(expected);
  });
});
