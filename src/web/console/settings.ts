/** 设置: what people may set for the county, a unit or a group; whoever sets nothing inherits. */
import type { Hono } from 'hono';
import { html } from 'hono/html';

import { parseDuration, saySpan } from '../../clock.ts';
import type { Db } from '../../db/open.ts';
import { lookAgain } from '../../delivery/pace.ts';
import { UserError } from '../../errors.ts';
import { readTree } from '../../people/places.ts';
import {
  listPolicies,
  type PolicyPlace,
  readPolicy,
  type SetPolicy,
  setPolicy,
} from '../../people/policies.ts';
import { isPolicyName, type PolicyName, POLICIES } from '../../people/policy-names.ts';
import { type Actor, getScopedGroup, isInScope, notFound, scopedGroups } from '../../people/scope.ts';
import { walkTree } from '../../people/tree.ts';
import type { PaceConfig } from '../../schedule/outlook.ts';
import type { Html } from '../layout.ts';
import { acts } from './acting.ts';
import { address, card, field, hidden, press, select, type Choice } from './draw.ts';
import { namesBehind } from './names.ts';
import {
  drawPaceForm,
  drawQuietForm,
  readPaceForm,
  readQuietForm,
  sayPace,
  sayQuietHours,
} from './pace-form.ts';
import { type ConsoleSite, deskOf, type Form } from './parts.ts';
import { drawKeeping, sayGoing } from './keeping.ts';
import { choiceName, isLocal, KEEPING, sections } from './settings-list.ts';
import { shellPage } from './shell.ts';

interface Place {
  /** `county`, `unit:ID`, `group:KEY`. */
  readonly named: string;
  readonly policy: PolicyPlace;
  readonly id: string;
}

/** Throws `NotFoundError` for a place outside the actor's scope. */
async function readPlace(db: Db, actor: Actor, named: string): Promise<Place> {
  const [kind, id = ''] = named.split(':');
  if (kind === 'group') {
    const group = await getScopedGroup(db, actor, id);
    return { named, policy: { groupId: group.id }, id: group.id };
  }
  if (kind === 'unit') {
    const tree = await readTree(db);
    if (!tree.nodes.has(id) || !isInScope(actor, id)) throw notFound('unit', id);
    return { named, policy: { unitId: id }, id };
  }
  if (actor.units !== 'all') throw notFound('unit', '全县');
  return { named: 'county', policy: {}, id: '' };
}

async function listPlaces(db: Db, actor: Actor): Promise<Choice[]> {
  const tree = await readTree(db);
  const units = walkTree(tree)
    .filter(({ node }) => isInScope(actor, node.id))
    .map(({ node, depth }) => ({ value: `unit:${node.id}`, name: `${'　'.repeat(depth)}${node.name}` }));
  const groups = await scopedGroups(db, actor).orderBy('chat_group.created_at').limit(200).execute();
  return [
    ...(actor.units === 'all' ? [{ value: 'county', name: '全县' }] : []),
    ...units,
    ...groups.map(({ key, topic }) => ({ value: `group:${key}`, name: `群：${topic || key}` })),
  ];
}

type Started = Pick<PaceConfig, 'pace' | 'quietHours'>;

export function settingRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/settings', async (c) => {
    const desk = deskOf(site, c);
    const { db, actor, config } = desk;
    const places = await listPlaces(db, actor);
    const place = await readPlace(db, actor, c.req.query('place') ?? places[0]?.value ?? 'county');
    const all = new Map((await listPolicies(db, place.policy)).map((one) => [one.name, one]));
    const names = await namesBehind(
      db,
      [...all.values()].map(({ fromId }) => fromId),
    );
    const isCounty = place.named === 'county';
    const keeping = isCounty ? await drawKeeping(desk) : '';
    return shellPage(c, site, {
      title: '设置',
      body: html`<form class="card filters" method="get" action="/settings">
          ${field('为谁设', select('place', places, place.named), '没有单独设的，跟上一级一样。')}
          <button class="button small">换</button>
        </form>
        ${sections()
          .filter(({ county }) => isCounty || !county)
          .map(({ title, names: own }) =>
            card(
              title,
              html`<ul class="rows settings">
                  ${own.flatMap((name) => {
                    const set = all.get(name);
                    return set ? [html`<li>${drawPolicy(set, place, names, config)}</li>`] : [];
                  })}
                </ul>
                ${title === KEEPING ? keeping : ''}`,
            ),
          )}
        ${
          isCounty
            ? card(
                '在服务器上设的',
                html`<dl class="facts">
                    <dt>免打扰</dt>
                    <dd>${sayQuietHours(config.quietHours ?? 'off')}</dd>
                    <dt>发言节奏</dt>
                    <dd>${config.pace ? sayPace(config.pace) : '不限'}</dd>
                    <dt>时区</dt>
                    <dd>${config.zone}</dd>
                  </dl>
                  <p class="note">
                    免打扰和发言节奏没有在上面另设时，就照这里。时区要改服务器上 .env 里的 ZONE，再重启。
                  </p>`,
              )
            : ''
        }`,
    });
  });

  app.post(
    '/settings',
    acts(site, '/settings', async (desk, form) => {
      const { db, actor, now } = desk;
      const place = await readPlace(db, actor, form.get('place'));
      const name = form.get('name');
      if (!isPolicyName(name)) throw notFound('unit', name);
      if (place.named !== 'county' && !isLocal(name)) throw new UserError('这一项只能为全县设。');
      const value = form.get('reset') === '' ? readValue(name, form) : undefined;
      const before = (await listPolicies(db, place.policy)).find((one) => one.name === name);
      await setPolicy(db, name, value, place.policy, actor, now);
      await lookAgain(db, name, now);
      const own = before && isOwn(before, place) ? before.value : undefined;
      const fields = {
        place: place.named,
        name,
        ...(own === undefined ? { reset: '1' } : { value: own, span: '' }),
      };
      const said = value === undefined ? '不单独设了，跟上一级一样' : sayValue(name, value);
      const goes = name === 'talk-kept' ? await sayGoing(desk, await readPolicy(db, name)) : '';
      return {
        text: `${POLICIES[name].title}：${said}。${goes}`,
        to: `${address('/settings', { place: place.named })}#${name}`,
        undo: { path: '/settings', fields, label: '改回去' },
      };
    }),
  );
}

const AS_STARTED = '照服务器上设的';

const isOwn = ({ from, fromId }: SetPolicy, { named, id }: Place) =>
  from === named.split(':')[0] && fromId === id;

/** As it is kept. Throws `UserError` in words for a page. */
function readValue(name: PolicyName, form: Form): string {
  const { kind } = POLICIES[name];
  const filled =
    name === 'pace' ? readPaceForm(form) : name === 'quiet-hours' ? readQuietForm(form) : undefined;
  const text = (filled ?? form.get('value')).trim();
  const span = form.get('span');
  const value =
    kind.form.kind === 'duration' && /^\d{1,5}$/.test(text)
      ? `${text}${span || 'h'}`
      : text === ''
        ? '-'
        : text;
  try {
    kind.read(value);
  } catch (error) {
    throw new UserError(`${POLICIES[name].title}：${wants(name)}，没有改动。`, { cause: error });
  }
  return value;
}

/** The terminal’s words in it, in Chinese; what is to be typed stays. */
const sayExample = (example: string): string => example.replace(/ or (?=\w)/, '，或者 ');

function wants(name: PolicyName): string {
  const { form } = POLICIES[name].kind;
  switch (form.kind) {
    case 'whole':
      return `要填 ${form.least} 到 ${form.most} 的整数`;
    case 'duration':
      return '这个时长太短、太长，或者没有看懂';
    case 'choice':
      return `只能是 ${form.choices.map((one) => choiceName(name, one)).join('、')}`;
    case 'words':
      return `最多 ${form.most} 个字`;
    case 'line':
      return `要照 ${sayExample(form.example)} 这样写`;
  }
}

function sayValue(name: PolicyName, value: string): string {
  const { form } = POLICIES[name].kind;
  if (form.kind === 'duration') return saySpan(parseDuration(value) ?? 0);
  if (form.kind === 'choice') return choiceName(name, value);
  if (name === 'pace') return sayRead(POLICIES.pace.kind.read(value), sayPace);
  if (name === 'quiet-hours') return sayRead(POLICIES['quiet-hours'].kind.read(value), sayQuietHours);
  return value === '-' ? '没有' : (MEANT[`${name} ${value}`] ?? value);
}

/** What holds where nobody has set anything is what the server was started with. */
function sayHeld(name: PolicyName, value: string, { pace, quietHours }: Started): string {
  if (name === 'quiet-hours' && value === '-') return sayQuietHours(quietHours ?? 'off');
  if (name === 'pace' && value === '-') return pace ? sayPace(pace) : '不限';
  return sayValue(name, value);
}

const sayRead = <T>(read: T | null, say: (value: T) => string): string =>
  read === null ? AS_STARTED : say(read);

/** What a nought stands for. */
const MEANT: Readonly<Record<string, string>> = {
  'answer-attempts 0': '不限',
  'point-day-cap 0': '不封顶',
  'makeup-days 0': '不补',
  'reviewers 0': '不用审',
};

function drawPolicy(set: SetPolicy, place: Place, names: ReadonlyMap<string, string>, started: Started) {
  const { name, value, from, fromId } = set;
  const isTheirs = isOwn(set, place);
  const where = isTheirs
    ? '这里自己设的'
    : from === 'default'
      ? '一直没人设过'
      : `跟 ${from === 'county' ? '全县' : (names.get(fromId) ?? '上一级')} 一样`;
  return html`<details id="${name}">
    <summary>
      <span class="what">${POLICIES[name].title}<small>${where}</small></span
      ><b>${short(sayHeld(name, value, started))}</b>
    </summary>
    <form class="set" method="post" action="/settings">
      ${hidden({ place: place.named, name })} ${control(name, value, started)}
      <div class="buttons">
        <button class="button small">保存</button>
      </div>
    </form>
    ${isTheirs ? press('/settings', '不单独设', { fields: { place: place.named, name, reset: '1' }, tone: 'quiet' }) : ''}
  </details>`;
}

const short = (text: string) => ([...text].length > 14 ? `${[...text].slice(0, 14).join('')}…` : text);

const SPANS: readonly Choice[] = [
  { value: 'm', name: '分钟' },
  { value: 'h', name: '小时' },
  { value: 'd', name: '天' },
];

function control(name: PolicyName, value: string, started: Started): Html | Promise<Html> {
  if (name === 'pace') return drawPaceForm(POLICIES.pace.kind.read(value) ?? started.pace);
  if (name === 'quiet-hours') {
    const hours = POLICIES['quiet-hours'].kind.read(value) ?? started.quietHours;
    return drawQuietForm(hours === 'off' ? undefined : hours);
  }
  const { form } = POLICIES[name].kind;
  const label = POLICIES[name].title;
  switch (form.kind) {
    case 'choice':
      return html`<fieldset class="pick">
        <legend class="unseen">${label}</legend>
        ${form.choices.map(
          (one) =>
            html`<label
              ><input type="radio" name="value" value="${one}" ${one === value ? 'checked' : ''} /><span
                >${choiceName(name, one)}</span
              ></label
            >`,
        )}
      </fieldset>`;
    case 'whole':
      return field(
        label,
        html`<input
          type="number"
          name="value"
          min="${form.least}"
          max="${form.most}"
          value="${value}"
          required
        />`,
        `${form.least} 到 ${form.most}`,
      );
    case 'duration': {
      const [, count, span] = /^(\d+)([mhd])$/.exec(value) ?? [];
      return html`<div class="filters">
        ${field(label, html`<input name="value" inputmode="numeric" value="${count ?? value}" required />`)}
        ${field('单位', select('span', SPANS, span ?? 'h'))}
      </div>`;
    }
    case 'words':
      return field(
        label,
        html`<textarea name="value" rows="5" maxlength="${form.most}">
${value === '-' ? '' : value}</textarea>`,
        `最多 ${form.most} 个字，用空格隔开`,
      );
    case 'line':
      return field(
        label,
        html`<input name="value" maxlength="40" value="${value === '-' ? '' : value}" autocomplete="off" />`,
        `照 ${sayExample(form.example)} 这样写`,
      );
  }
}
