/** What waits for somebody's word, and the buttons that give it: on 今天, and on the pages that it belongs to. */
import { html } from 'hono/html';

import type { ChannelStatus } from '../../channels/channel.ts';
import { LOOKED_AT, sayWhat } from '../../chat/commands/deliveries.ts';
import { KINDS, STATE_WORDS } from '../../digest/ledger-words.ts';
import { sayText } from '../../chat/commands/review.ts';
import { EVIDENCE } from '../../chat/notices.ts';
import { DAY, saySpan, sayWhen } from '../../clock.ts';
import { listDeliveries, type ListedDelivery } from '../../delivery/listing.ts';
import { DECIDABLE } from '../../delivery/resolve.ts';
import { KIND_NAMES, listReviewable, type ReviewItem } from '../../lessons/review.ts';
import { type ListedCertification, listCertifications } from '../../people/certify.ts';
import { KIND_NAMES as NEWS_NAMES } from '../../news/brief.ts';
import { listToLook } from '../../news/decider.ts';
import type { DeskItem } from '../../news/desk.ts';
import type { Group } from '../../people/groups.ts';
import { type ListedMatch, listMatches } from '../../people/matching.ts';
import { type Invitation, listInvitations } from '../../people/reach.ts';
import { scopedGroups } from '../../people/scope.ts';
import { countToApprove } from '../../quiz/bank.ts';
import type { Html } from '../layout.ts';
import { mayWrite } from './bank-writer.ts';
import { confirmed, field, hidden, pill, press, type Row } from './draw.ts';
import type { Desk } from './parts.ts';

const LOOK_BACK = 14 * DAY;
const MOST = 12;

export interface Waiting {
  readonly reviews: readonly ReviewItem[];
  readonly certifications: readonly ListedCertification[];
  readonly matches: readonly ListedMatch[];
  readonly invitations: readonly Invitation[];
  readonly deliveries: readonly ListedDelivery[];
  /** Groups in use that a login hasn't recognised: nothing is sent to them. */
  readonly groups: readonly Pick<Group, 'key' | 'topic'>[];
  /** Pieces of news and notices that somebody else wrote or changed. */
  readonly news: readonly DeskItem[];
  /** Questions of the bank that somebody else wrote. */
  readonly questions: number;
  /** Accounts that don't work. */
  readonly channels: readonly ChannelStatus[];
  readonly count: number;
}

export async function readWaiting({ db, actor, now, channels }: Desk): Promise<Waiting> {
  const reviews = await listReviewable(db, actor);
  const certifications = await listCertifications(db, actor);
  const matches = await listMatches(db, actor);
  const invitations = await listInvitations(db, actor);
  const deliveries = await listDeliveries(db, actor, {
    states: LOOKED_AT,
    from: now - LOOK_BACK,
    limit: 100,
  });
  const away = actor.units === 'all' ? channels().filter(({ state }) => state !== 'online') : [];
  const news = await listToLook(db, actor, now);
  const questions = mayWrite(actor) ? await countToApprove(db, actor.who) : 0;
  const groups = await scopedGroups(db, actor)
    .where('chat_group.state', '=', 'quarantined')
    .where('chat_group.enabled', '=', 1)
    .orderBy('chat_group.key')
    .execute();
  const lists = [reviews, certifications, matches, invitations, deliveries, groups, news, away];
  // However many questions came in a file: they are looked through in one go.
  const count = lists.reduce((sum, { length }) => sum + length, questions > 0 ? 1 : 0);
  return {
    reviews,
    certifications,
    matches,
    invitations,
    deliveries,
    groups,
    news,
    questions,
    channels: away,
    count,
  };
}

export async function waitingRows(desk: Desk, waiting: Waiting): Promise<Row[]> {
  const { reviews, certifications, matches, invitations, deliveries, groups, news, questions, channels } =
    waiting;
  const rows: Row[] = [
    ...channels.map(channelRow),
    ...firstOf(groups, groupRow, '个群没认出来', '/groups'),
    ...firstOf(deliveries, (one) => deliveryRow(one, desk), '次投递', '/deliveries?state=look'),
    ...firstOf(certifications, certificationRow, '人等着认证', '/certifications'),
    ...firstOf(matches, matchRow, '条等着认', '/matches'),
    // Answered here and nowhere else: the next ones come up when these are.
    ...firstOf(invitations, invitationRow, '个群请小课进'),
  ];
  rows.push(...firstOf(news, newsRow, '条动态等着看', '/news'));
  for (const item of reviews.slice(0, MOST)) rows.push(await reviewRow(desk, item));
  if (questions > 0)
    rows.push({
      what: `题库有 ${questions} 道题等人看`,
      note: '看过才会抽到',
      href: '/bank?state=waiting',
    });
  if (reviews.length > MOST) rows.push(restRow(reviews.length - MOST, '篇等着审', '/reviews'));
  return rows;
}

const restRow = (count: number, what: string, href?: string): Row => ({
  what: `还有 ${count} ${what}`,
  note: href === undefined ? '办完上面的再看' : '看全部',
  ...(href === undefined ? {} : { href }),
});

/** What one can do at a sitting; where there is more, the way to all of it. */
const firstOf = <T>(all: readonly T[], draw: (one: T) => Row, what: string, href?: string): Row[] =>
  all.length > MOST
    ? [...all.slice(0, MOST).map(draw), restRow(all.length - MOST, what, href)]
    : all.map(draw);

export const CHANNEL_STATES: Readonly<Record<ChannelStatus['state'], string>> = {
  starting: '正在启动',
  'waiting-login': '等待扫码登录',
  online: '在线',
  offline: '掉线',
  stopped: '已停',
};

const groupRow = ({ key, topic }: Pick<Group, 'key' | 'topic'>): Row => ({
  what: `「${topic || key}」重新登录后还没认出来`,
  note: '先不往里发。请人在群里说句话；像的会列在「认人」里等你点',
  href: `/groups/${key}`,
  end: html`<a class="button small" href="/matches" aria-label="去认「${topic || key}」">去认</a>`,
});

const channelRow = ({ account, state, reason }: ChannelStatus): Row => ({
  what: `账号 ${account} ${CHANNEL_STATES[state]}`,
  note: reason ?? '这个账号的群现在收不到课，先攒着，连上就发',
  end: html`<a class="button small" href="/accounts">去看</a>`,
});

/** What is to be known of a delivery, and what can be decided about it. */
export const deliveryRow = (delivery: ListedDelivery, { now, zone }: Pick<Desk, 'now' | 'zone'>): Row => ({
  what: html`<a href="/deliveries/${delivery.no}">${delivery.topic} ${nameOf(delivery)}</a>`,
  note: `${STATE_WORDS[delivery.state]}${delivery.reason ? `：${delivery.reason}` : ''} · ${sayWhen(delivery.planned_at, now, zone)}`,
  end: decisions(delivery),
});

export const nameOf = (delivery: ListedDelivery): string =>
  delivery.kind === 'lesson' || delivery.kind === 'key' || delivery.kind === 'notice'
    ? sayWhat(delivery)
    : KINDS[delivery.kind];

/** Only what may follow the state that it is in. What a person saw in the group can't be unsaid, so it asks. */
export function decisions({ no, state }: Pick<ListedDelivery, 'no' | 'state'>, back = ''): Html {
  const fields = { no: String(no), ...(back === '' ? {} : { back }) };
  const isDoubtful = state === 'unknown';
  const resend = state === 'held' ? '放行' : '补发';
  return html`<span class="buttons">
    ${
      DECIDABLE.sent.includes(state)
        ? press('/deliveries/decide', '到了', { fields: { ...fields, as: 'sent' }, name: `${no} 号已经到群` })
        : ''
    }
    ${
      DECIDABLE.resend.includes(state)
        ? press('/deliveries/decide', resend, {
            fields: { ...fields, as: 'resend' },
            tone: isDoubtful ? 'quiet' : '',
            name: `${resend} ${no} 号`,
          })
        : ''
    }
    ${
      DECIDABLE.drop.includes(state)
        ? press('/deliveries/decide', '不发', {
            fields: { ...fields, as: 'drop' },
            tone: 'quiet',
            name: `${no} 号不发了`,
          })
        : ''
    }
  </span>`;
}

export function certificationRow(row: ListedCertification): Row {
  const { no, claimed_name: name, nickname, unit, taken, member_id: memberId, evidence } = row;
  const about = [
    evidence === 'name' && memberId === null ? '名册里有同名的' : EVIDENCE[evidence],
    nickname && nickname !== name ? `群里叫 ${nickname}` : '',
    unit ?? '',
    taken ? '注意：已有别的账号认证为此人' : '',
  ];
  return {
    what: `${name} 申请认证`,
    note: about.filter(Boolean).join(' · '),
    end: html`<span class="buttons">
        ${
          memberId === null
            ? html`<a class="button small" href="/certifications/${no}">选是谁</a>`
            : press('/certifications/approve', '同意', {
                fields: { no: String(no) },
                name: `同意 ${name} 的认证`,
              })
        } </span
      >${confirmed(
        '拒绝',
        `拒绝以后 ${name} 会收到通知，可以再申请。`,
        html`<form method="post" action="/certifications/reject">
          ${hidden({ no: String(no) })}
          ${field('为什么（可以不写）', html`<input name="reason" maxlength="100" autocomplete="off" />`)}
          <button class="button small bad">拒绝 ${name}</button>
        </form>`,
      )}`,
  };
}

export const matchRow = ({ no, kind, topic, candidate, score, reasons }: ListedMatch): Row => ({
  what:
    kind === 'group'
      ? html`「${candidate}」是不是原来的「${topic ?? ''}」？`
      : html`${topic ?? ''}：${candidate}？`,
  note: html`像 ${score} 分：${reasons.join('；')}`,
  end: html`<span class="buttons">
    ${press('/matches/accept', '是', { fields: { no: String(no) }, name: `${candidate} 是` })}
    ${press('/matches/reject', '不是', { fields: { no: String(no) }, tone: 'quiet', name: `${candidate} 不是` })}
  </span>`,
});

const invitationRow = ({ no, account, topic }: Invitation): Row => ({
  what: `请小课进群「${topic}」`,
  note: `账号 ${account}`,
  end: html`<span class="buttons">
    ${press('/invitations/accept', '进群', { fields: { no: String(no) } })}
    ${press('/invitations/reject', '不进', { fields: { no: String(no) }, tone: 'quiet' })}
  </span>`,
});

/** Its page has the text, and the button under it. */
const newsRow = ({ no, kind, title, source }: DeskItem): Row => ({
  what: `${NEWS_NAMES[kind]}「${title}」等你看`,
  note: `${source} · 别人写的或改的，看过留用才能发`,
  href: `/news/${no}`,
});

/** The text is there to be read before the button: nobody approves what they didn't see. */
async function reviewRow({ db, now }: Desk, item: ReviewItem): Promise<Row> {
  const text = await sayText(db, item);
  const waits = item.submitted_at === null ? '' : `等了 ${saySpan(Math.max(0, now - item.submitted_at))}`;
  return {
    what: html`<a href="/reviews/${item.no}">${KIND_NAMES[item.kind]}「${item.title}」等你审</a>`,
    note: waits,
    end: html`<details class="confirm">
      <summary class="button small">看一看</summary>
      <div class="sheet">
        <div class="bubble">${text}</div>
        <div class="buttons">
          ${press('/reviews/approve', '通过', { fields: { no: String(item.no), hash: item.hash } })}
          <a class="button small quiet" href="/reviews/${item.no}">退回或细看</a>
        </div>
      </div>
    </details>`,
  };
}

export const statePill = (delivery: Pick<ListedDelivery, 'state'>): Html => {
  const tone =
    delivery.state === 'sent'
      ? 'good'
      : LOOKED_AT.includes(delivery.state)
        ? 'bad'
        : delivery.state === 'skipped' || delivery.state === 'expired'
          ? 'warn'
          : 'plain';
  return pill(tone, STATE_WORDS[delivery.state]);
};
