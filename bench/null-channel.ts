/** A chat that answers a message id at once and keeps nothing: what is left is our own cost. */
import type { Channel, ChannelSink, ChatTarget } from '../src/channels/channel.ts';

export interface NullChannel extends Channel {
  /** What the server gave us to speak to, once it is started. */
  sink(): ChannelSink;
  /** How many parts were sent. */
  sent(): number;
}

/** `onSend` hears of each part before its id is answered. */
export function openNullChannel(
  account: string,
  onSend: (target: ChatTarget) => void = () => undefined,
): NullChannel {
  let sink: ChannelSink | undefined;
  let sent = 0;
  const since = Date.now();
  return {
    account,
    limits: { maxText: 2_000, paced: false },
    async start(given) {
      sink = given;
    },
    stop: async () => undefined,
    status: () => ({ account, state: 'online', since }),
    async send(target) {
      onSend(target);
      sent += 1;
      return { messageId: `null-${sent}` };
    },
    sink() {
      if (!sink) throw new Error('the channel was not started');
      return sink;
    },
    sent: () => sent,
  };
}
