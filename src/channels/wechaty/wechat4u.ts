/**
 * What wechaty's default puppet, `wechaty-puppet-wechat4u` 1.14, leaves undone. Any other puppet passes
 * through here untouched.
 *
 * - It drops the message id that the server answers a send with (its issue 82): asked behind its back, a send
 *   is certain instead of waiting for an echo that never comes.
 * - Stopping it logs the account out and forgets the login, so that every restart would need the phone again.
 * - After a stop it goes on asking for contacts, and starts itself again.
 */
import type { FileBoxInterface } from 'file-box';

interface Inner {
  sendMsg(
    message: string | { file: unknown; filename: string },
    to: string,
  ): Promise<{ MsgID?: string } | undefined>;
  logout: () => Promise<unknown>;
  removeAllListeners(event: string): unknown;
}

interface Wechat4u {
  readonly wechat4u?: Inner;
  getContactInterval?: ReturnType<typeof setInterval>;
  unknownContactId?: unknown[];
}

const innerOf = (puppet: object): Inner | undefined => {
  const { wechat4u } = puppet as Wechat4u;
  return typeof wechat4u?.sendMsg === 'function' ? wechat4u : undefined;
};

/** Says a text or a file and gives the server's id; `undefined` when this is another puppet and nothing was said. */
export async function sayByWechat4u(
  puppet: object,
  conversation: string,
  what: string | FileBoxInterface,
): Promise<{ messageId?: string } | undefined> {
  const inner = innerOf(puppet);
  if (!inner) return undefined;
  const message = typeof what === 'string' ? what : { file: await what.toStream(), filename: what.name };
  const answer = await inner.sendMsg(message, conversation);
  const id = answer?.MsgID;
  return typeof id === 'string' && id !== '' ? { messageId: id } : {};
}

/** Prepares a stop that leaves the account logged in. */
export function leaveWechat4u(puppet: object): void {
  const inner = innerOf(puppet);
  if (!inner) return;
  const outer = puppet as Wechat4u;
  clearInterval(outer.getContactInterval);
  outer.unknownContactId = [];
  inner.removeAllListeners('logout');
  inner.logout = async () => undefined;
}
