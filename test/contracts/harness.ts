/** What the contract suite needs of an adapter under test: the adapter, and the other side of the chat. */
import type {
  Channel,
  ChannelSink,
  ChatTarget,
  Echo,
  InboundMessage,
  SeenGroup,
} from '../../src/channels/channel.ts';

export interface ChannelHarness {
  readonly channel: Channel;
  /** Groups that the account is in, with at least two people besides the bot each. At least two groups. */
  readonly rooms: readonly {
    readonly id: string;
    readonly topic: string;
    readonly people: readonly string[];
  }[];
  /** Says something as a person, as the chat would deliver it. Gives the channel's message id. */
  sayInRoom(
    roomId: string,
    contactId: string,
    text: string,
    options?: { mention?: boolean },
  ): Promise<string>;
  sayInPrivate(contactId: string, text: string): Promise<string>;
  /** What the other side saw the bot say there, in order; a picture is `{kind: 'picture'}` with `text` of any kind. */
  seen(target: ChatTarget): Promise<readonly { readonly kind: 'text' | 'picture'; readonly text: string }[]>;
  /** Cuts the account off, so that nothing can be sent; absent where that can't happen. */
  readonly goOffline?: () => Promise<void>;
  readonly goOnline?: () => Promise<void>;
  close(): Promise<void>;
}

/** A sink that remembers, for tests. */
export function recordingSink() {
  const messages: InboundMessage[] = [];
  const echoes: Echo[] = [];
  const groups: SeenGroup[] = [];
  const sink: ChannelSink = {
    message: async (message) => void messages.push(message),
    echo: async (echo) => void echoes.push(echo),
    group: async (group) => void groups.push(group),
  };
  return { sink, messages, echoes, groups };
}
