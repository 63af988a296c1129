/**
 * The made-up people and groups of the sandbox. Nobody here is a real person; the surnames are those that one
 * meets around 横州. Constant data: a running sandbox shows exactly this.
 */
import type { MemberStatus } from '../../db/tables.ts';

export interface SandboxPerson {
  /** Contact id, stable for ever. */
  readonly id: string;
  readonly name: string;
  /** How the person is called in the group. */
  readonly nickname: string;
  readonly status: Exclude<MemberStatus, 'guest'>;
}

export interface SandboxRoom {
  /** Room id, stable for ever. */
  readonly id: string;
  /** Short key of the group, for addresses and commands. */
  readonly key: string;
  readonly topic: string;
  /** Name of the organisation unit that owns the group. */
  readonly unit: string;
  /** Twelve people; the bot itself is left out. */
  readonly people: readonly SandboxPerson[];
}

export interface SandboxWorld {
  readonly rooms: readonly SandboxRoom[];
}

/** What the bot is called in the sandbox; `@小课` in a text mentions it. */
export const BOT_NAME = '小课';

type Status = SandboxPerson['status'];

const STATUSES: readonly Status[] = [
  'full',
  'full',
  'full',
  'full',
  'full',
  'full',
  'full',
  'probationary',
  'probationary',
  'prospective',
  'applicant',
  'masses',
];

/** Most people keep to the form that the branch asks for; some go by their bare name, as in any group. */
function makeRoom(key: string, topic: string, unit: string, prefix: string, names: readonly string[]) {
  const people = names.map((name, index): SandboxPerson => {
    const bare = index % 5 === 1;
    return {
      id: `${key}-${String(index + 1).padStart(2, '0')}`,
      name,
      nickname: bare ? name : `${prefix}-${name}`,
      status: STATUSES[index] ?? 'full',
    };
  });
  return { id: `${key}@sandbox`, key, topic, unit, people };
}

export const SANDBOX_WORLD: SandboxWorld = {
  rooms: [
    makeRoom('huacha', '花茶协会党支部群', '花茶协会党支部', '花茶支部', [
      '黄秀兰',
      '韦国强',
      '覃小燕',
      '农志远',
      '班美玲',
      '蒙建成',
      '陆春梅',
      '黄炳南',
      '韦彩凤',
      '覃家旺',
      '李桂香',
      '梁水生',
    ]),
    makeRoom('cuntao', '村淘服务站党支部群', '村淘服务站党支部', '村淘支部', [
      '陆有福',
      '蒙丽萍',
      '农大山',
      '黄翠云',
      '覃志勇',
      '韦玉莲',
      '班永康',
      '卢小妹',
      '黄阿贵',
      '蒙海棠',
      '陈木生',
      '甘秋月',
    ]),
    makeRoom('qingnian', '青年电商党支部群', '青年电商党支部', '青年支部', [
      '韦晓峰',
      '黄诗雨',
      '覃子豪',
      '陆佳怡',
      '农一帆',
      '蒙思远',
      '班若楠',
      '黄承泽',
      '韦可欣',
      '覃雨桐',
      '梁浩然',
      '苏小满',
    ]),
  ],
};
