/** Says one part through a puppet, and what it reported. */
import { basename } from 'node:path';

import { type ChatTarget, type OutboundPart, type Receipt, RefusedError } from '../channel.ts';
import { callNames } from './mention.ts';
import { nameOf } from './messages.ts';
import type { Puppet, Vendor } from './vendor.ts';
import { sayByWechat4u } from './wechat4u.ts';

/** `conversation` is the puppet's id of the room or contact. Throws `RefusedError` for a picture that isn't there. */
export async function sayPart(
  puppet: Puppet,
  vendor: Vendor,
  conversation: string,
  target: ChatTarget,
  part: OutboundPart,
): Promise<Receipt> {
  if (part.kind === 'picture') {
    const file = await vendor.fileBox(part.path).catch((error: unknown) => {
      throw new RefusedError(`图片 ${basename(part.path)} 不在了`, { cause: error });
    });
    return (
      (await sayByWechat4u(puppet, conversation, file)) ??
      receiptOf(await puppet.messageSendFile(conversation, file))
    );
  }
  const mentioned = target.kind === 'group' ? [...(part.mention ?? [])] : [];
  const names = await Promise.all(mentioned.map((id) => nameOf(puppet, id, conversation)));
  const text = callNames(part.text, names);
  return (
    (await sayByWechat4u(puppet, conversation, text)) ??
    receiptOf(
      mentioned.length === 0
        ? await puppet.messageSendText(conversation, text)
        : await puppet.messageSendText(conversation, text, mentioned),
    )
  );
}

const receiptOf = (said: unknown): Receipt =>
  typeof said === 'string' && said !== '' ? { messageId: said } : {};
