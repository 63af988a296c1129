/** 审计: who changed what, when and from where. */
import type { Hono } from 'hono';
import { html } from 'hono/html';

import { addDays, sayWhen, startOfDay } from '../../clock.ts';
import { UserError } from '../../errors.ts';
import { readScopedAudit } from '../../people/audit-scope.ts';
import { STATUS_NAMES } from '../../people/members.ts';
import { isPolicyName, POLICIES } from '../../people/policy-names.ts';
import { address, field, foldedTable, nothing, select } from './draw.ts';
import { namesBehind, thingsBehind } from './names.ts';
import { type ConsoleSite, deskOf } from './parts.ts';
import { sayRule } from './rule-words.ts';
import { shellPage } from './shell.ts';
import { readDay } from './week.ts';

const PAGE = 50;

/** What a verb is called; the object alone stands for all its verbs. */
const VERBS: Readonly<Record<string, string>> = {
  'account.restart': '重新连账号',
  'bank.import': '导入题库',
  'bank.approve': '看过题',
  'bank.edit': '改题',
  'bank.restore': '恢复题',
  'bank.retire': '停用题',
  'code.issue': '发认证码',
  'code.withdraw': '收回认证码',
  'group.quarantine': '重登后先不认群',
  'group.rematch': '重新认出群',
  'identity.rematch': '重新认出人',
  'key.change': '改答案',
  'news.add': '写动态',
  'news.edit': '改动态',
  'news.file': '收进动态文件',
  'news.keep': '留用动态',
  'news.reject': '不用动态',
  'news.reopen': '动态再想想',
  'news.vote': '同意动态',
  'schedule.holiday': '按放假安排挪',
  'schedule.missed': '错过了一次',
  'export.ask': '要台账、明细',
  'feed.add': '加订阅源',
  'feed.remove': '去掉订阅源',
  'certification.certify': '认证',
  'certification.reject': '拒绝认证',
  'certification.revoke': '撤回认证',
  'delivery.drop': '不发了',
  'delivery.resend': '再发一次',
  'delivery.sent': '说到群了',
  'digest.correct': '发更正简报',
  'digest.rehearse': '定简报发不发',
  'draft.drop': '丢掉草稿',
  'draft.restore': '换回旧稿',
  'draft.write': '写草稿',
  'calendar.issue': '要日历地址',
  'calendar.resume': '日历地址又能用',
  'calendar.revoke': '停掉日历地址',
  'group.disable': '停用群',
  'group.enable': '启用群',
  'group.members': '群里人来去',
  'group.unit': '群归哪里',
  'invitation.accept': '答应进群',
  'invitation.reject': '不进群',
  'invitation.reopen': '进不进群再想想',
  'lesson.send': '立即发课',
  'match.accept': '认出是同一个',
  'match.reject': '认出不是',
  'match.choose': '点了认不认',
  'match.reopen': '认不认再想想',
  'member.add': '加进名册',
  'member.change': '改名册',
  'member.leave': '离开名册',
  'member.ask-erasure': '请求抹去个人资料',
  'member.data': '拿走个人资料',
  'member.return': '回到名册',
  'member.unadd': '不加进名册了',
  'member.erase': '抹去个人资料',
  'member.shows-party': '亮不亮党员',
  'message.correct': '改记录',
  'review.approve': '审核通过',
  'review.approved': '审完了',
  'review.return': '退回',
  'review.revise': '改稿',
  'review.submit': '送审',
  'review.withdraw': '撤回稿子',
  'review.write': '写稿',
  'role.grant': '授权',
  'role.revoke': '撤权',
  'roster.export': '导出名册',
  'roster.import': '导入名册',
  'schedule.add': '排课',
  'schedule.remove': '撤掉排课',
  'session.open': '登录',
  'session.revoke': '退出登录',
  'setting.reset': '设置改回跟上一级',
  'setting.set': '改设置',
  'token.issue': '发程序钥匙',
  'token.revoke': '停掉程序钥匙',
  'unit.add': '加党组织',
  'unit.close': '关党组织',
  'unit.move': '挪党组织',
  'unit.rename': '改党组织名字',
};

const OBJECTS: Readonly<Record<string, string>> = {
  bank: '题库',
  setting: '设置',
  schedule: '排课',
  delivery: '投递',
  review: '审核',
  draft: '草稿',
  certification: '认证',
  member: '成员',
  group: '群',
  role: '授权',
  session: '登录',
  roster: '名册',
  message: '消息记录',
  news: '动态',
  feed: '订阅源',
};

const VIAS: Readonly<Record<string, string>> = {
  cli: '在服务器上',
  chat: '在聊天里',
  console: '在网页上',
  channel: '聊天软件报来',
  api: '经接口',
  page: '在自己的页面上',
  sandbox: '在试用群里',
};

export function auditRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/audit', async (c) => {
    const { db, actor, now, zone } = deskOf(site, c);
    const what = c.req.query('what') ?? '';
    const day = readDay(c.req.query('day'), '');
    const before = c.req.query('before') ?? '';
    const found = await readScopedAudit(db, actor, {
      limit: PAGE + 1,
      ...(what === '' ? {} : { what }),
      ...(before === '' ? {} : { before }),
      ...(day === '' ? {} : { from: startOfDay(day, zone), to: startOfDay(addDays(day, 1), zone) }),
    });
    const shown = found.slice(0, PAGE);
    const next = found.length > PAGE ? shown.at(-1)?.id : undefined;
    const groups = await db.selectFrom('chat_group').select(['key', 'topic']).execute();
    const names = new Map([
      ...site.catalogue().lessons.map(({ id, title }) => [id, `《${title}》`] as const),
      ...groups.map(({ key, topic }) => [key, topic || key] as const),
      ...(await thingsBehind(
        db,
        shown.flatMap(({ subject }) => idsIn(subject)),
      )),
      ...(await namesBehind(
        db,
        shown.flatMap(({ who, subject, before: was, after }) => [
          who,
          ...idsIn(`${subject} ${was ?? ''} ${after ?? ''}`),
        ]),
      )),
    ]);
    const sayPlanned = (when: string) => sayWhenRule(when, now, zone);
    return shellPage(c, site, {
      title: '审计',
      note: actor.units === 'all' ? '全部' : '您管的范围',
      wide: true,
      body: html`<form class="card filters" method="get" action="/audit">
          ${field(
            '什么事',
            select(
              'what',
              [
                { value: '', name: '所有的事' },
                ...Object.entries(OBJECTS).map(([value, name]) => ({ value, name })),
              ],
              what,
            ),
          )}
          ${field('哪一天', html`<input type="date" name="day" value="${day}" />`)}
          <button class="button small">找</button>
        </form>
        <div class="card">
          ${
            shown.length === 0
              ? nothing('没有这样的记录。改过什么，都会记在这里。')
              : foldedTable(
                  '审计',
                  [
                    { title: '什么', cell: (row) => whole(VERBS[row.what] ?? row.what) },
                    { title: '谁', cell: (row) => whole(names.get(row.who) ?? '已离开的人') },
                    { title: '时间', cell: (row) => whole(sayWhen(row.at, now, zone)) },
                    { title: '关于', cell: (row) => about(row.subject, names) },
                    {
                      title: '改了',
                      cell: (row) =>
                        html`<span
                          >${change(row.before, row.after, names, sayPlanned)}<small
                            >${VIAS[row.via] ?? row.via}</small
                          ></span
                        >`,
                    },
                  ],
                  shown,
                )
          }
          ${next === undefined ? '' : html`<a class="more-of" href="${address('/audit', { what, day, before: next })}">更早的</a>`}
        </div>`,
    });
  });
}

/** On one line where there is room for columns. */
const whole = (words: string) => html`<span class="whole">${words}</span>`;

const UUID = /[0-9a-f]{8}-[0-9a-f-]{27}/g;
const idsIn = (text: string): string[] => text.match(UUID) ?? [];

/** Ids become names; one that nobody has a name for says nothing to a reader. */
function about(subject: string, names: ReadonlyMap<string, string>): string {
  const [scope = '', id = '', name = ''] = subject.split(':');
  if (isPolicyName(name))
    return `${scope === 'county' ? '全县' : (names.get(id) ?? '')} ${POLICIES[name].title}`;
  return (names.get(subject) ?? subject)
    .replace(UUID, (found) => names.get(found) ?? '')
    .replace(/^session:/, '登录 ')
    .trim();
}

/** What is worth a reader's eye of what was written down beside a change. */
const KEYS: Readonly<Record<string, string>> = {
  no: '编号',
  kind: '种类',
  content: '内容',
  when: '时间',
  status: '状态',
  unit: '党组织',
  parent: '上级',
  name: '名字',
  day: '从',
  state: '状态',
  reason: '原因',
  how: '方式',
  enabled: '启用',
  groups: '群',
  role: '角色',
  joined: '来了',
  left: '走了',
  added: '新增',
  changed: '改动',
  score: '像',
  agent: '浏览器',
  shows: '亮明',
  value: '改成',
  answers: '答案',
  title: '标题',
  summary: '内容',
  source: '来源',
  category: '分类',
  url: '地址',
};

/** Long texts are told by how they begin. */
const TEXTS: readonly string[] = ['title', 'summary'];
const LONGEST_TEXT = 20;

const WORDS: Readonly<Record<string, string>> = {
  ...STATUS_NAMES,
  true: '是',
  false: '否',
  lesson: '微课',
  course: '课程',
  digest: '简报',
  brief: '动态',
  bulletin: '通知',
  day: '每日',
  week: '每周',
  month: '每月',
  quarter: '每季',
  notice: '通知',
  link: '链接',
  desk: '数字',
  code: '认证码',
  secretary: '书记认定',
};

const LONGEST = 80;

function change(
  before: string | null,
  after: string | null,
  names: ReadonlyMap<string, string>,
  sayPlanned: (when: string) => string,
): string {
  const said = onlyChanged(before, after)
    .map((value) => sayJson(value, names, sayPlanned))
    .filter((text) => text !== '');
  const text = said.join(' → ');
  return [...text].length > LONGEST ? `${[...text].slice(0, LONGEST).join('')}…` : text;
}

/** Of words that were put right, those that are others now. */
function onlyChanged(before: string | null, after: string | null): unknown[] {
  const both: unknown[] = [before, after].map((json) => (json === null ? null : JSON.parse(json)));
  const [was, is] = both;
  if (!isRecord(was) || !isRecord(is) || !TEXTS.some((key) => key in was && key in is)) return both;
  // What wasn't touched may stand in what was before alone.
  const isOther = ([key]: [string, unknown]) => key in is && was[key] !== is[key];
  return [was, is].map((one) => Object.fromEntries(Object.entries(one).filter(isOther)));
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** When a schedule comes, however it was written down: an instant, a cron expression, a rule for each month. */
function sayWhenRule(when: string, now: number, zone: string): string {
  const at = Date.parse(when);
  if (/^\d{4}-\d\d-\d\dT/.test(when) && !Number.isNaN(at))
    return sayRule({ at, cron: null, monthly: null }, now, zone);
  if (/^(?:[-\d*/,]+ ){4,5}[-\d*/,]+$/.test(when))
    return sayRule({ at: null, cron: when, monthly: null }, now, zone);
  try {
    return sayRule({ at: null, cron: null, monthly: when }, now, zone);
  } catch (error) {
    if (error instanceof UserError) return when;
    throw error;
  }
}

function sayJson(
  value: unknown,
  names: ReadonlyMap<string, string>,
  sayPlanned: (when: string) => string,
): string {
  if (typeof value === 'string')
    return (names.get(value) ?? value).replace(UUID, '').replace(/^[0-9a-f]{64}$/, '');
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value))
    return value
      .map((one) => sayJson(one, names, sayPlanned))
      .filter(Boolean)
      .join('、');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .flatMap(([key, one]) => {
        const named = KEYS[key];
        const said = named === undefined ? '' : sayField(key, one);
        return said === '' ? [] : [`${named ?? ''} ${said}`];
      })
      .join('，');
  return '';

  function sayField(key: string, one: unknown): string {
    if (key === 'when' && typeof one === 'string') return sayPlanned(one);
    if (TEXTS.includes(key) && typeof one === 'string')
      return [...one].length > LONGEST_TEXT ? `${[...one].slice(0, LONGEST_TEXT).join('')}…` : one;
    return WORDS[String(one)] ?? sayJson(one, names, sayPlanned);
  }
}
