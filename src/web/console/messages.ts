/** 消息记录: what was said, what was made of it, and putting it right where that was wrong. */
import type { Hono } from 'hono';
import { html } from 'hono/html';

import { correctMessage, getScopedMessage, listCorrections, recordedInPrivate } from '../../chat/correct.ts';
import { listNamedGroups } from '../../chat/commands/plan.ts';
import { sayWhen } from '../../clock.ts';
import type { Db } from '../../db/open.ts';
import type { MessageTable } from '../../db/tables.ts';
import { type Actor, unitInScope } from '../../people/scope.ts';
import { acts } from './acting.ts';
import { address, card, field, hidden, nothing, pill, rows, select, tabs, type Tone } from './draw.ts';
import { type ConsoleSite, deskOf } from './parts.ts';
import { shellPage } from './shell.ts';

const PAGE = 50;

const KINDS = {
  '': '全部',
  answer: '答案',
  checkin: '打卡',
  ask: '没看准的',
  command: '命令',
  failed: '没处理成',
} as const;

interface Understood {
  readonly kind: string;
  readonly answers?: Readonly<Record<string, readonly string[]>>;
  readonly checkin?: boolean;
  readonly note?: string;
  readonly name?: string;
}

function read(intent: string | null): Understood {
  if (intent === null) return { kind: 'new' };
  try {
    return JSON.parse(intent) as Understood;
  } catch {
    return { kind: 'none' };
  }
}

const LONGEST_PILL = 16;
const shortened = (words: string): string =>
  [...words].length > LONGEST_PILL ? `${[...words].slice(0, LONGEST_PILL).join('')}…` : words;

/** What was understood, in words. */
function sayUnderstood(intent: string | null): { readonly words: string; readonly tone: Tone } {
  const { kind, answers = {}, checkin, note, name } = read(intent);
  const also = checkin === true ? '，还打了卡' : '';
  switch (kind) {
    case 'answer':
      return {
        words: `答案 ${Object.entries(answers)
          .map(([no, value]) => `${no}${value.join('')}`)
          .join(' ')}${also}`,
        tone: 'good',
      };
    case 'checkin':
      return { words: note ? `打卡：${note}` : '打卡', tone: 'good' };
    case 'ask':
      return { words: '像答案，没看准', tone: 'warn' };
    case 'command':
    case 'desk':
      return { words: name === 'read' ? '已阅' : '命令', tone: 'plain' };
    case 'failed':
      return { words: '没处理成', tone: 'bad' };
    case 'new':
      return { words: '还没处理', tone: 'warn' };
    default:
      return { words: '闲聊', tone: 'plain' };
  }
}

interface Filter {
  readonly kind: string;
  readonly groupId?: string;
  readonly before: string;
}

/** Where one looks for what was said in private. */
const PRIVATE = 'private';
const PRIVACY =
  '私聊里只列记成了答案或打卡的话，记错了好改。别的私聊、练习的题，只有本人和小课知道，谁也看不到。';

/** In a private chat, and recorded: the rest is nobody's but theirs. */
const listPrivate = (db: Db, actor: Actor, { kind, before }: Filter) =>
  recordedInPrivate(db, actor)
    .selectAll('message')
    .$if(kind === 'failed', (query) => query.where('message.state', '=', 'failed'))
    .$if(kind !== '' && kind !== 'failed', (query) =>
      query.where('message.intent', 'like', `{"kind":"${kind}"%`),
    )
    .$if(before !== '', (query) => query.where('message.id', '<', before))
    .orderBy('message.id', 'desc')
    .limit(PAGE + 1)
    .execute();

/** In the groups of the scope. */
function listMessages(db: Db, actor: Actor, { kind, groupId, before }: Filter) {
  let query = db
    .selectFrom('message')
    .innerJoin('chat_group', (join) =>
      join
        .onRef('chat_group.account', '=', 'message.account')
        .onRef('chat_group.room_id', '=', 'message.room_id'),
    )
    .selectAll('message')
    .select('chat_group.topic')
    .where(unitInScope(actor, 'chat_group.unit_id'))
    .where('message.kind', '=', 'text')
    .where('message.channel_id', 'not like', 'correction:%')
    .orderBy('message.id', 'desc')
    .limit(PAGE + 1);
  if (kind === 'failed') query = query.where('message.state', '=', 'failed');
  else if (kind !== '') query = query.where('message.intent', 'like', `{"kind":"${kind}"%`);
  if (groupId !== undefined) query = query.where('chat_group.id', '=', groupId);
  if (before !== '') query = query.where('message.id', '<', before);
  return query.execute();
}

const wordsOf = ({ text }: Pick<MessageTable, 'text'>) => text ?? '（闲聊，原话到期已经清掉）';

export function messageRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/messages', async (c) => {
    const { db, actor, now, zone } = deskOf(site, c);
    const asked = c.req.query('kind') ?? '';
    const kind = asked in KINDS ? asked : '';
    const group = c.req.query('group') ?? '';
    const before = c.req.query('before') ?? '';
    const { groups } = await listNamedGroups(db, actor);
    const groupId = group === '' ? undefined : (groups.find(({ key }) => key === group)?.id ?? '');
    const isPrivate = group === PRIVATE;
    const found = isPrivate
      ? (await listPrivate(db, actor, { kind, before })).map((row) => ({ ...row, topic: '私聊' }))
      : await listMessages(db, actor, {
          kind,
          before,
          ...(groupId === undefined ? {} : { groupId }),
        });
    const shown = found.slice(0, PAGE);
    const next = found.length > PAGE ? shown.at(-1)?.id : undefined;
    return shellPage(c, site, {
      title: '消息记录',
      body: html`${tabs(
          '只看',
          Object.entries(KINDS).map(([value, name]) => ({
            href: address('/messages', { kind: value, group }),
            name,
            on: kind === value,
          })),
        )}
        <form class="card filters" method="get" action="/messages">
          ${hidden({ kind })}
          ${field(
            '哪里说的',
            select(
              'group',
              [
                { value: '', name: '所有群' },
                ...groups.map(({ key, topic }) => ({ value: key, name: topic || key })),
                { value: PRIVATE, name: '私聊' },
              ],
              group,
            ),
          )}
          <button class="button small">找</button>
        </form>
        ${isPrivate ? html`<p class="alert">${PRIVACY}</p>` : ''}
        <div class="card">
          ${
            shown.length === 0
              ? nothing(
                  isPrivate
                    ? '还没有谁在私聊里答题或打卡。'
                    : '还没有这样的消息。群里有人说话，这里就会写明怎么理解的。',
                )
              : rows(
                  shown.map((row) => {
                    const { words, tone } = sayUnderstood(row.intent);
                    return {
                      what: html`<span class="said">${wordsOf(row)}</span>`,
                      note: `${row.sender_name} · ${row.topic} · ${sayWhen(row.sent_at, now, zone)}`,
                      href: `/messages/${row.id}`,
                      end: pill(tone, shortened(words.split('：')[0] ?? words)),
                    };
                  }),
                )
          }
          ${next === undefined ? '' : html`<a class="more-of" href="${address('/messages', { kind, group, before: next })}">更早的</a>`}
        </div>`,
    });
  });

  app.get('/messages/:id', async (c) => {
    const { db, actor, now, zone } = deskOf(site, c);
    const row = await getScopedMessage(db, actor, c.req.param('id'));
    const corrections = await listCorrections(db, row.id);
    const { words, tone } = sayUnderstood(row.intent);
    const standing = corrections.findLast(({ kind }) => kind === 'text');
    return shellPage(c, site, {
      title: '一条消息',
      back: {
        path: address('/messages', { group: row.room_id === null ? PRIVATE : '' }),
        name: '消息记录',
      },
      body: html`${card(
        row.room_id === null ? `${row.sender_name}，私聊` : row.sender_name,
        html`<div class="chat"><div class="bubble">${wordsOf(row)}</div></div>
          <p class="note">${sayWhen(row.sent_at, now, zone)} 说的</p>
          <p>小课当时的理解：${[...words].length > LONGEST_PILL ? words : pill(tone, words)}</p>`,
      )}
      ${
        corrections.length === 0
          ? ''
          : card(
              '后来改过',
              rows(
                corrections.map((one) => ({
                  lead: sayWhen(one.received_at, now, zone),
                  what: one.kind === 'recall' ? '原来记的不算了' : `按「${one.text ?? ''}」记`,
                  ...(one.kind === 'text' ? { note: sayUnderstood(one.intent).words } : {}),
                })),
              ),
            )
      }
      ${
        row.state !== 'handled'
          ? html`<div class="card"><p>这一条还没有处理完，过一会儿再改。</p></div>`
          : card(
              '理解错了，改一改',
              html`<form
                method="post"
                action="/messages/correct"
                data-keep="message-${row.id}"
                data-base="${corrections.length}"
              >
                ${hidden({ id: row.id, back: `/messages/${row.id}` })}
                ${field(
                  '他其实想说',
                  html`<input
                    name="text"
                    maxlength="300"
                    value="${standing?.text ?? ''}"
                    autocomplete="off"
                    placeholder="1A 2C 或 打卡"
                  />`,
                  '按他说话的时间算。都不算就留空。原话和原来的记录都留着。',
                )}
                <button class="button">重新记</button>
              </form>`,
            )
      }`,
    });
  });

  app.post(
    '/messages/correct',
    acts(site, '/messages', async ({ db, actor, zone, now }, form) => {
      const intent = await correctMessage(db, form.get('id'), form.get('text'), { actor, zone, now });
      return {
        text:
          intent.kind === 'none'
            ? '改好了，这句话什么也不算。'
            : `改好了，记成：${sayUnderstood(JSON.stringify(intent)).words}。`,
      };
    }),
  );
}
