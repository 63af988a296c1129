/** How a message of the sandbox looks. Drawn here for the page, the log and the live stream alike. */
import { html } from 'hono/html';

import type { SandboxChannel, SandboxMessage, SandboxPlace } from '../channels/sandbox/sandbox.ts';
import { BOT_NAME, type SandboxPerson, type SandboxRoom } from '../channels/sandbox/world.ts';
import { sayWhen } from '../clock.ts';
import { STATUS_NAMES } from '../people/members.ts';
import type { Html } from './layout.ts';

/** `group`: the chat of one's own group; `private`: the one with the bot. */
export type ChatName = 'group' | 'private';

/** Through whose eyes the chats are seen. */
export interface Viewer {
  readonly room: SandboxRoom;
  readonly person: SandboxPerson;
}

/** What the drawing needs besides the message. */
export interface Light {
  readonly now: number;
  readonly zone: string;
  /** Links to lessons under it lead to ourselves, under whatever name the reader reached us. */
  readonly publicUrl: string;
}

export interface MessageView {
  readonly id: string;
  readonly chat: ChatName;
  /** Who said it; null for the bot. */
  readonly person: string | null;
  readonly kind: SandboxMessage['kind'];
  readonly text: string;
  readonly picture: string | null;
  readonly at: number;
  /** One line for the list of chats. */
  readonly preview: string;
  /** The message as it stands in the log. */
  readonly html: string;
}

/** The person of that id and their group, or `undefined`. */
export function findViewer(sandbox: SandboxChannel, personId: string): Viewer | undefined {
  for (const room of sandbox.world().rooms) {
    const person = room.people.find(({ id }) => id === personId);
    if (person) return { room, person };
  }
  return undefined;
}

export const placeOf = ({ room, person }: Viewer, chat: ChatName): SandboxPlace =>
  chat === 'group' ? { roomId: room.id } : { contactId: person.id };

const TINTS = 8;

/** The two characters and the colour of a person's picture: the same wherever they appear. */
export const faceOf = ({ id, name }: SandboxPerson) => ({
  letters: [...name].slice(-2).join(''),
  tint: [...id].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973, 7) % TINTS,
});

export const isParty = ({ status }: SandboxPerson): boolean => status === 'full' || status === 'probationary';

export const sayStatus = ({ status }: SandboxPerson): string => STATUS_NAMES[status];

export async function viewMessage(
  message: SandboxMessage,
  viewer: Viewer,
  light: Light,
): Promise<MessageView> {
  return {
    id: message.id,
    chat: 'roomId' in message.place ? 'group' : 'private',
    person: message.personId ?? null,
    kind: message.kind,
    text: message.text,
    picture: message.picture === undefined ? null : pictureAddress(message),
    at: message.at,
    preview: previewOf(message, viewer),
    html: String(await drawMessage(message, viewer, light)),
  };
}

/** One line that says what was said last, and in a group by whom. */
export function previewOf(message: SandboxMessage, { room }: Viewer): string {
  const line = message.kind === 'picture' ? '[图片]' : (message.text.split('\n')[0] ?? '').slice(0, 60);
  if (!('roomId' in message.place)) return line;
  return `${room.people.find(({ id }) => id === message.personId)?.name ?? BOT_NAME}：${line}`;
}

const pictureAddress = ({ id }: SandboxMessage) => `/sandbox/api/picture/${encodeURIComponent(id)}`;

/** One message with the time before it; the style shows the time only after a gap. */
export function drawMessage(message: SandboxMessage, viewer: Viewer, light: Light, isAfterGap = false): Html {
  const speaker = viewer.room.people.find(({ id }) => id === message.personId);
  const isMine = message.personId === viewer.person.id;
  const inGroup = 'roomId' in message.place;
  const name = isMine ? '我' : ((inGroup ? speaker?.nickname : speaker?.name) ?? BOT_NAME);
  const classes = ['message', isMine ? 'mine' : '', isAfterGap ? 'gap' : ''].filter(Boolean).join(' ');
  const iso = new Date(message.at).toISOString();
  return html`<div class="${classes}" data-id="${message.id}" data-at="${message.at}">
    <time class="time" datetime="${iso}">${sayTime(message.at, light)}</time>
    <div class="line">
      ${drawFace(speaker)}
      <div class="said">
        <div class="name">${name}${inGroup && speaker && isParty(speaker) ? PARTY_TAG : ''}</div>
        ${drawBody(message, light)}
      </div>
    </div>
  </div>`;
}

const PARTY_TAG = html`<span class="tag">党员</span>`;

/** A person's picture; the bot's when there is nobody. It says nothing that the name beside it doesn't. */
export function drawFace(person: SandboxPerson | undefined): Html {
  if (!person) return html`<span class="avatar bot" aria-hidden="true">课</span>`;
  const { letters, tint } = faceOf(person);
  return html`<span class="avatar tint-${tint}" aria-hidden="true">${letters}</span>`;
}

/** As a chat says it: today only the hour. */
const sayTime = (at: number, { now, zone }: Light) => sayWhen(at, now, zone).replace(/^今天 /, '');

function drawBody(message: SandboxMessage, light: Light): Html {
  if (message.kind === 'text') return bubble(drawWords(message.text, light));
  const alt = message.text || '图片';
  return html`<a class="bubble picture" href="${pictureAddress(message)}" target="_blank" rel="noopener"
    ><img src="${pictureAddress(message)}" alt="${alt}"
  /></a>`;
}

/** Blanks count inside: the element holds the words and nothing else. */
const bubble = (words: readonly (string | Html)[]): Html => html`<div class="bubble">${words}</div>`;

const SPECIAL = /(https?:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+|@[\p{L}\p{N}_-]+)/u;

/** Links and mentions stand out; everything else is text as it was typed. */
function drawWords(text: string, { publicUrl }: Light): (string | Html)[] {
  return text.split(SPECIAL).flatMap((piece, index): (string | Html)[] => {
    if (index % 2 === 0) return [piece];
    if (piece.startsWith('@')) return [html`<b class="mention">${piece}</b>`];
    const [, address = piece, rest = ''] = /^(.*?)([.,;:!?)\]']*)$/s.exec(piece) ?? [];
    const target = address.startsWith(`${publicUrl}/l/`) ? address.slice(publicUrl.length) : address;
    return [html`<a href="${target}" target="_blank" rel="noopener">${address}</a>`, rest];
  });
}
