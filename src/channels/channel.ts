/**
 * The port to a chat. It speaks of groups, people and messages; no vendor's type crosses it.
 *
 * An adapter promises:
 * - `start` may take long or never log in; it doesn't throw for being offline, it reports a state;
 * - every inbound message reaches `sink.message` at least once, in any order; ids tell duplicates apart;
 * - the account's own messages reach `sink.echo`, never `sink.message`;
 * - `send` says exactly what it knows (see `Receipt` and the errors) and never guesses.
 */

export interface Channel {
  /** The account's name, stable over restarts: `sandbox`, `wechaty:county`. */
  readonly account: string;
  readonly limits: ChannelLimits;
  start(sink: ChannelSink): Promise<void>;
  /** Ends within a few seconds, whatever the network does. After it nothing is reported any more. */
  stop(): Promise<void>;
  status(): ChannelStatus;
  /**
   * Says one part. Resolves with what the channel reported; throws `NotSentError` when it is certain that
   * nothing was said (`ThrottledError` when the account is told to slow down), `RefusedError` when the channel
   * refused for good; any other error leaves it unknown.
   */
  send(target: ChatTarget, part: OutboundPart): Promise<Receipt>;
  /** The bytes of a picture that somebody said, by its message's id. Rejects when the channel hasn't it any more. */
  picture?(id: string): Promise<Uint8Array>;
  /** Our own messages said there since `since`, oldest first, where the channel can tell. */
  history?(target: ChatTarget, since: number): Promise<readonly Echo[]>;
  /** Accepts what `sink.friendRequest` told of; rejects when it couldn't. */
  acceptFriend?(id: string): Promise<void>;
  /** Accepts what `sink.groupInvitation` told of; rejects when it couldn't. */
  acceptInvitation?(id: string): Promise<void>;
}

export interface ChannelLimits {
  /** Longest text part in UTF-16 code units. */
  readonly maxText: number;
  /** Whether pace and quiet hours apply: false only where no real account can be banned. */
  readonly paced: boolean;
}

export type ChatTarget =
  | { readonly kind: 'group'; readonly roomId: string }
  | { readonly kind: 'private'; readonly contactId: string };

export type OutboundPart =
  | { readonly kind: 'text'; readonly text: string; readonly mention?: readonly string[] }
  | { readonly kind: 'picture'; readonly path: string; readonly alt: string };

/** What the channel reported for a part: its message id, or nothing (then an echo must tell). */
export interface Receipt {
  readonly messageId?: string;
}

export interface InboundMessage {
  readonly account: string;
  /** The channel's own id: unique within the account. */
  readonly id: string;
  /** Where it was said; absent in a private chat. */
  readonly roomId?: string;
  readonly contactId: string;
  /** How the sender is called there: nickname in the group, else own name. */
  readonly senderName: string;
  readonly kind: 'text' | 'picture' | 'recall' | 'other';
  /** For `text` what was said; for `recall` the id of the message withdrawn; else `''`. */
  readonly text: string;
  /** Whether the bot itself was mentioned. */
  readonly mention: boolean;
  /** The channel's own time of writing, ms. */
  readonly sentAt: number;
}

/** One of our own messages, come back. */
export interface Echo {
  readonly account: string;
  readonly id: string;
  readonly target: ChatTarget;
  readonly kind: 'text' | 'picture';
  /** The text as the channel gives it; `''` for a picture. */
  readonly text: string;
  readonly at: number;
}

export interface SeenGroup {
  readonly account: string;
  readonly roomId: string;
  readonly topic: string;
  /** The whole roster when the adapter knows it, the bot itself left out. */
  readonly members?: readonly SeenMember[];
}

export interface SeenMember {
  readonly contactId: string;
  /** The nickname in the group, else the own name. */
  readonly name: string;
  /** The name that they gave themselves, where the channel tells. */
  readonly ownName?: string;
  /** What our account calls them (备注), where the channel tells. */
  readonly remark?: string;
}

export interface ChannelSink {
  /** Resolves when the message is on disk. An adapter that can acknowledge does so after this. */
  message(message: InboundMessage): Promise<void>;
  echo(echo: Echo): Promise<void>;
  /** A group that the account is in, at login and whenever its topic or roster changed. */
  group(group: SeenGroup): Promise<void>;
  /**
   * A new login of an account whose ids may have changed with it. From then on every group is reported before
   * any message of it, and all of them together to `listed` when they have been read.
   */
  loggedIn?(account: string): Promise<void>;
  listed?(account: string, groups: readonly SeenGroup[]): Promise<void>;
  /** Somebody wants to talk to the account in private. */
  friendRequest?(request: FriendRequest): Promise<void>;
  /** Somebody wants the account in a group. */
  groupInvitation?(invitation: GroupInvitation): Promise<void>;
}

export interface FriendRequest {
  readonly account: string;
  readonly id: string;
  readonly contactId: string;
}

export interface GroupInvitation {
  readonly account: string;
  readonly id: string;
  readonly inviterId: string;
  readonly topic: string;
}

export type ChannelState = 'starting' | 'waiting-login' | 'online' | 'offline' | 'stopped';

export interface ChannelStatus {
  readonly account: string;
  readonly state: ChannelState;
  /** Since when it has been so, ms. */
  readonly since: number;
  /** Why it isn't online, or what is doubtful about it though it is; in Chinese, for a person. */
  readonly reason?: string;
  /** What the login page shows as a QR code while waiting. */
  readonly qr?: string;
  /** The name of the account, once known. */
  readonly name?: string;
  /** When a message or one of our own echoes last came, ms: the only sure sign that the channel hears. */
  readonly lastTrafficAt?: number;
  /** When it last gave any sign of life, heartbeats and answers to probes among them, ms. */
  readonly lastHeardAt?: number;
  /** How often it was made anew for being deaf since it last heard something; absent when it wasn't. */
  readonly deafRestarts?: number;
}

/** Certainly nothing was said (offline, not logged in): trying again is safe. */
export class NotSentError extends Error {
  override name = 'NotSentError';
}

/** Nothing was said, because the account spoke too often: everything it has to say has to slow down. */
export class ThrottledError extends NotSentError {
  override name = 'ThrottledError';
}

/** The channel refused for good (removed from the group, content rejected, file gone). */
export class RefusedError extends Error {
  override name = 'RefusedError';
}
