/** 题库: the questions that quizzes draw, found, written, put right, retired. The whole county draws from one bank. */
import type { Context, Hono } from 'hono';
import { html } from 'hono/html';

import { sayWhen } from '../../clock.ts';
import { applyBankEdit, planBankEdit } from '../../digest/rekey-bank.ts';
import { UserError } from '../../errors.ts';
import { renderInline } from '../../lessons/chat.ts';
import type { Standing } from '../../lessons/review-rules.ts';
import {
  addItems,
  approveItem,
  type BankItem,
  countItems,
  getItem,
  listItemVersions,
  listRemarked,
  listTags,
  readLooks,
  restoreItem,
  retireItem,
  searchItems,
} from '../../quiz/bank.ts';
import { checkItem, type Item, TYPE_NAMES } from '../../quiz/item.ts';
import { writeKey } from '../../quiz/item-table.ts';
import { wordsOf } from '../words.ts';
import { acts } from './acting.ts';
import { bankFileRoutes } from './bank-files.ts';
import {
  drawChange,
  drawItem,
  EMPTY_ITEM,
  itemForm,
  keptFields,
  readItemForm,
  sayPlan,
} from './bank-form.ts';
import { mayWrite, writerOf } from './bank-writer.ts';
import { drawBankFigures } from './item-figures.ts';
import {
  address,
  card,
  confirmed,
  type Content,
  field,
  hidden,
  nothing,
  pill,
  press,
  rows,
  select,
  tabs,
} from './draw.ts';
import { namesBehind } from './names.ts';
import { type ConsoleSite, type Desk, deskOf, readForm, readNo } from './parts.ts';
import { shellPage } from './shell.ts';

const PAGE = 50;
const MOST_TAGS = 60;
const LONGEST_SHOWN = 80;

const STATES = { drawn: '在用', waiting: '等人看', retired: '停用了' } as const;
type State = keyof typeof STATES;

const short = (markdown: string): string => {
  const text = [...renderInline(markdown).replaceAll(/\s+/g, ' ')];
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN).join('')}…` : text.join('');
};

const stateOf = ({ retiredAt, isApproved }: BankItem) =>
  retiredAt !== null ? pill('plain', '停用了') : isApproved ? '' : pill('warn', '等人看');

export function bankRoutes(app: Hono, site: ConsoleSite): void {
  bankFileRoutes(app, site);

  app.get('/bank', async (c) => {
    const { db, actor } = deskOf(site, c);
    const text = (c.req.query('q') ?? '').trim().slice(0, 40);
    const tag = (c.req.query('tag') ?? '').slice(0, 40);
    const asked = c.req.query('state') ?? '';
    const state: State = asked in STATES ? (asked as State) : 'drawn';
    const before = readNo(c.req.query('before'));
    const found = await searchItems(db, { text, tag, state, before, limit: PAGE + 1 });
    const shown = found.slice(0, PAGE);
    const next = found.length > PAGE ? shown.at(-1)?.no : undefined;
    const { all, waiting } = await countItems(db);
    const tags = await listTags(db, MOST_TAGS);
    const isNarrowed = text !== '' || tag !== '';
    return shellPage(c, site, {
      title: '题库',
      note: `${all} 题`,
      action: mayWrite(actor) ? html`<a class="button small" href="/bank/import">导入</a>` : html``,
      body: html`${tabs(
          '只看',
          (Object.keys(STATES) as State[]).map((one) => ({
            href: address('/bank', { state: one === 'drawn' ? '' : one, q: text, tag }),
            name: one === 'waiting' && waiting > 0 ? `${STATES[one]} ${waiting}` : STATES[one],
            on: one === state,
          })),
        )}
        <form class="card filters" method="get" action="/bank" role="search">
          ${hidden(state === 'drawn' ? {} : { state })}
          ${field('题目里的字', html`<input type="search" name="q" value="${text}" />`)}
          ${field(
            '标签',
            select(
              'tag',
              [
                { value: '', name: '所有' },
                ...(tag === '' || tags.some((one) => one.tag === tag) ? [] : [{ value: tag, name: tag }]),
                ...tags.map((one) => ({ value: one.tag, name: `${one.tag}（${one.count}）` })),
              ],
              tag,
            ),
          )}
          <button class="button small">找</button>
        </form>
        <div class="card">
          ${
            shown.length === 0
              ? isNarrowed
                ? nothing(
                    '没有这样的题。换个字，或看所有的。',
                    html`<a class="button" href="/bank">看所有的</a>`,
                  )
                : state === 'drawn'
                  ? nothing(
                      '题库还是空的。从 Excel 或 GIFT 导入，或写一道；小测里写 抽题：标签 3，就会从这里抽。',
                      mayWrite(actor) ? html`<a class="button" href="/bank/import">导入</a>` : '',
                    )
                  : nothing(state === 'waiting' ? '没有等人看的题。' : '没有停用的题。')
              : rows(
                  shown.map((item) => ({
                    lead: String(item.no),
                    what: short(item.stem),
                    note: [TYPE_NAMES[item.type], `答案 ${writeKey(item)}`, item.tags.join('，')]
                      .filter(Boolean)
                      .join(' · '),
                    href: `/bank/${item.no}`,
                    end: stateOf(item),
                  })),
                )
          }
          ${
            next === undefined
              ? ''
              : html`<a
                  class="more-of"
                  href="${address('/bank', { state: state === 'drawn' ? '' : state, q: text, tag, before: next })}"
                  >更早加的</a
                >`
          }
        </div>
        <div class="card">
          <div class="buttons">
            ${mayWrite(actor) ? html`<a class="button small quiet" href="/bank/new">写一道</a>` : ''}
            <a class="button small quiet" href="${address('/bank/export', { tag })}">导出</a>
            <a class="button small quiet" href="/bank/template.xlsx" download>下载 Excel 模板</a>
          </div>
        </div>`,
    });
  });

  app.get('/bank/new', async (c) => {
    const { actor } = deskOf(site, c);
    if (!mayWrite(actor)) return c.redirect('/bank', 303);
    return await newPage(c, site, EMPTY_ITEM);
  });
  app.post('/bank/new', async (c) => {
    const { db, actor, now } = deskOf(site, c);
    const item = readItemForm(await readForm(c));
    try {
      const by = await writerOf(db, actor);
      const faults = checkItem(item).map(({ why }) => why);
      if (faults.length > 0) throw new UserError(`${[...new Set(faults)].join('；')}。还没有加。`);
      const [isNew] = await addItems(db, [{ ...item, source: '网页上写的' }], by, now);
      if (!isNew) throw new UserError('题库里已经有这道题，没有再加。');
      const [added] = await searchItems(db, { limit: 1 });
      return c.redirect(added ? `/bank/${added.no}` : '/bank', 303);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return await newPage(c, site, item, wordsOf(error));
    }
  });

  app.get('/bank/:no{\\d+}', async (c) => {
    const desk = deskOf(site, c);
    return await itemPage(c, desk, await getItem(desk.db, readNo(c.req.param('no'))));
  });

  // The look before the press: nothing is changed by it.
  app.post('/bank/:no{\\d+}/look', async (c) => {
    const desk = deskOf(site, c);
    const { db, actor } = desk;
    const item = await getItem(db, readNo(c.req.param('no')));
    const form = await readForm(c);
    const to = readItemForm(form, item.type);
    try {
      await writerOf(db, actor);
      const version = readNo(form.get('version'));
      const reworded = form.get('reworded') === '1';
      const plan = await planBankEdit(db, { no: item.no, version, to, reworded });
      if (!plan.isChanged) throw new UserError('和现在一样，没有要改的。');
      if (version !== item.version)
        throw new UserError(`第 ${item.no} 题刚刚被别人改过，请看一眼再改。您写的还在这一页。`);
      return shellPage(c, site, {
        title: '先看一遍',
        note: `第 ${item.no} 题`,
        back: { path: `/bank/${item.no}`, name: '不改了' },
        body: html`${card(
          '会改什么',
          html`${sayPlan(plan)}
            <form class="stack" method="post" action="/bank/${item.no}/edit">
              ${hidden({ ...keptFields(to), version: String(version) })}
              ${
                plan.reworded > 0
                  ? html`<fieldset class="pick">
                      <legend>字不一样的 ${plan.reworded} 次</legend>
                      <label
                        ><input type="checkbox" name="reworded" value="1" /><span
                          >也按这个答案重新判</span
                        ></label
                      >
                    </fieldset>`
                  : reworded
                    ? hidden({ reworded: '1' })
                    : ''
              }
              <button class="button">就这样改</button>
            </form>`,
        )}
        ${drawChange(item, to)}`,
      });
    } catch (error) {
      if (!(error instanceof UserError) || error.name === 'NotFoundError') throw error;
      return await itemPage(c, desk, item, { shown: to, fault: wordsOf(error) });
    }
  });
  app.post(
    '/bank/:no{\\d+}/edit',
    acts(site, '/bank', async ({ db, actor, zone, now }, form, c) => {
      const no = readNo(c.req.param('no'));
      const before = await getItem(db, no);
      const edit = {
        no,
        version: readNo(form.get('version')),
        to: readItemForm(form, before.type),
        reworded: form.get('reworded') === '1',
      };
      const by = await writerOf(db, actor);
      const { item, remarked } = await applyBankEdit(db, edit, by, { zone, now });
      const waits =
        item.retiredAt !== null ? '它还停用着，不会抽到。' : item.isApproved ? '' : '要别人看过才会再抽到。';
      return {
        text: `${remarked > 0 ? `改好了，重新判了 ${remarked} 个答案。` : '改好了。'}${waits}`,
        to: `/bank/${no}`,
        undo: {
          path: `/bank/${no}/undo`,
          fields: { version: String(item.version), reworded: edit.reworded ? '1' : '' },
          label: '改回去',
        },
      };
    }),
  );
  // As it was one version before; what was marked anew is marked back, each with its trail.
  app.post(
    '/bank/:no{\\d+}/undo',
    acts(site, '/bank', async ({ db, actor, zone, now }, form, c) => {
      const no = readNo(c.req.param('no'));
      const version = readNo(form.get('version'));
      const by = await writerOf(db, actor);
      const to = (await listItemVersions(db, (await getItem(db, no)).id)).find(
        (one) => one.version === version - 1,
      );
      if (!to) throw new UserError('没有可以改回去的一稿。没有改动。');
      const reworded = form.get('reworded') === '1';
      const { remarked } = await applyBankEdit(db, { no, version, to, reworded }, by, { zone, now });
      return {
        text: remarked > 0 ? `改回去了，${remarked} 个答案也判回去了。` : '改回去了。',
        to: `/bank/${no}`,
      };
    }),
  );
  for (const retired of [true, false])
    app.post(
      retired ? '/bank/retire' : '/bank/restore',
      acts(site, '/bank', async ({ db, actor, now }, form) => {
        const by = await writerOf(db, actor);
        const { no, isApproved } = await getItem(db, readNo(form.get('no')));
        await (retired ? retireItem : restoreItem)(db, no, by, now);
        return {
          text: retired
            ? `第 ${no} 题停用了，不再抽到；问过的小测不变。`
            : `第 ${no} 题恢复了，${isApproved ? '又会抽到' : '要别人看过才会抽到'}。`,
          to: `/bank/${no}`,
          undo: {
            path: retired ? '/bank/restore' : '/bank/retire',
            fields: { no: String(no) },
            label: retired ? '恢复' : '还是停用',
          },
        };
      }),
    );
  app.post(
    '/bank/approve',
    acts(site, '/bank', async ({ db, actor, now }, form) => {
      const no = readNo(form.get('no'));
      const seen = { no, version: readNo(form.get('version')) };
      const { missing } = await approveItem(db, seen, await writerOf(db, actor), now);
      return {
        text: missing === 0 ? `第 ${no} 题可以抽了。` : `记下了，${sayMissing(missing)}`,
        to: `/bank/${no}`,
      };
    }),
  );
}

async function newPage(c: Context, site: ConsoleSite, item: Item, fault?: string) {
  const [last] = await searchItems(deskOf(site, c).db, { limit: 1 });
  return shellPage(
    c,
    site,
    {
      title: '写一道题',
      back: { path: '/bank', name: '题库' },
      body: itemForm(item, '/bank/new', { last: last?.no ?? 0, ...(fault === undefined ? {} : { fault }) }),
    },
    fault === undefined ? 200 : 409,
  );
}

const sayMissing = (count: number): string => `还要 ${count} 个人看过才会抽到。`;

const sayRemarked = (count: number): string => (count > 0 ? `，重新判了 ${count} 个答案` : '');

/** The press of whoever may look at it; for anybody else, and where one isn't enough, what it still needs. */
function drawLook(
  { no, version, writtenBy }: BankItem,
  { approvers, missing }: Standing,
  who: string,
): Content {
  const rest = sayMissing(missing);
  if (writtenBy === who)
    return html`<span class="note">自己写的要别人来看，${missing > 1 ? rest : '看过才会抽到。'}</span>`;
  if (approvers.includes(who) && missing > 0) return html`<span class="note">您看过了，${rest}</span>`;
  return html`${press('/bank/approve', '看过了，可以抽', {
    fields: { no: String(no), version: String(version) },
  })}${missing > 1 ? html`<span class="note">${rest}</span>` : ''}`;
}

async function itemPage(
  c: Context,
  desk: Desk,
  item: BankItem,
  { shown, fault }: { shown?: Item; fault?: string } = {},
) {
  const { db, actor, site, now, zone } = desk;
  const versions = await listItemVersions(db, item.id);
  const older = versions.find(({ version }) => version === readNo(c.req.query('from')));
  const names = await namesBehind(
    db,
    versions.map(({ writtenBy }) => writtenBy),
  );
  const remarked = await listRemarked(db, item.id);
  const isIn = item.retiredAt === null;
  return shellPage(
    c,
    site,
    {
      title: `第 ${item.no} 题`,
      note: TYPE_NAMES[item.type],
      back: { path: '/bank', name: '题库' },
      body: html`${card(
        html`${item.tags.length === 0 ? '没有标签' : item.tags.join('，')} ${stateOf(item)}`,
        html`${drawItem(item)}
          <p class="note">来自 ${item.source}</p>
          ${
            mayWrite(actor)
              ? html`<div class="buttons">
                  ${isIn && !item.isApproved ? drawLook(item, await readLooks(db, item), actor.who) : ''}
                  ${
                    isIn
                      ? confirmed(
                          '停用',
                          '以后不再抽到；问过的小测和成绩都不变。随时可以恢复。',
                          press('/bank/retire', '停用', { fields: { no: String(item.no) }, tone: 'bad' }),
                        )
                      : press('/bank/restore', '恢复', { fields: { no: String(item.no) } })
                  }
                </div>`
              : ''
          }`,
      )}
      ${await drawBankFigures(desk, item)}
      ${
        mayWrite(actor)
          ? html`<h2 id="edit">改这道题</h2>
              ${isIn ? '' : html`<p class="note">停用着也能改：问过的小测会重新判，它还是不会抽到。</p>`}
              ${
                older && fault === undefined
                  ? html`<p class="alert">下面填的是第 ${older.version} 稿，还没有改。</p>`
                  : ''
              }
              ${itemForm(shown ?? older ?? item, `/bank/${item.no}/look`, {
                of: item,
                ...(fault === undefined ? {} : { fault }),
              })}`
          : ''
      }
      ${
        versions.length > 1
          ? card(
              '改过什么',
              rows(
                versions.map((one) => ({
                  lead: `第 ${one.version} 稿`,
                  what: `答案 ${writeKey(one)} · ${short(one.stem)}`,
                  note: `${mayWrite(actor) ? `${names.get(one.writtenBy) ?? '已离开的人'} ` : ''}${sayWhen(one.writtenAt, now, zone)}${sayRemarked(remarked.get(one.writtenAt) ?? 0)}`,
                  ...(mayWrite(actor) && one.version !== item.version
                    ? {
                        end: html`<a
                          class="button small quiet"
                          href="/bank/${item.no}?from=${one.version}#edit"
                          >用这一稿</a
                        >`,
                      }
                    : {}),
                })),
              ),
            )
          : ''
      }`,
    },
    fault === undefined ? 200 : 409,
  );
}
