/** A secretary's side of certification: 待认证, 同意 3, 拒绝 3 原因. In private, and only what is theirs. */
import { planDeliveries } from '../../delivery/ledger.ts';
import type { Db } from '../../db/open.ts';
import { factMover } from '../../digest/follow.ts';
import {
  approveCertification,
  type Decided,
  listCertifications,
  rejectCertification,
} from '../../people/certify.ts';
import { isAtLeast } from '../../people/scope.ts';
import { sayRequest, sayWaiting } from '../notices.ts';
import type { Command, CommandContext } from './command.ts';

const PRIVATE = '这个请私聊我说。';
const NOT_YOURS = '这个要支部书记来办。';

const refusal = ({ group, actor }: CommandContext): string | undefined => {
  if (group) return PRIVATE;
  return isAtLeast(actor, 'secretary') ? undefined : NOT_YOURS;
};

export const certifications: Command = async (_rest, context) => {
  const refused = refusal(context);
  if (refused !== undefined) return refused;
  const waiting = await listCertifications(context.db, context.actor);
  return waiting.length === 0 ? '没有等着认证的人。' : sayWaiting(waiting.map(sayRequest));
};

/** `3` or, where the roster has several of that name, `3 A1023`. */
export const approve: Command = async (rest, context) => {
  const refused = refusal(context);
  if (refused !== undefined) return refused;
  const { db, zone, now, actor } = context;
  const [no = '', ...as] = rest.split(/\s+/u);
  const decided = await approveCertification(
    db,
    Number(no),
    as.length > 0 ? as.join('') : undefined,
    actor,
    factMover(zone),
    now,
  );
  await tellDecision(db, decided, `认证好了，${decided.name}。以前学的都算在你名下。`, now);
  return `已认证：${decided.name}。`;
};

export const reject: Command = async (rest, context) => {
  const refused = refusal(context);
  if (refused !== undefined) return refused;
  const { db, now, actor } = context;
  const [no = '', ...words] = rest.split(/\s+/u);
  const reason = words.join(' ');
  const decided = await rejectCertification(db, Number(no), reason, actor, now);
  const why = reason === '' ? '' : `：${reason}`;
  await tellDecision(db, decided, `认证没有通过${why}。有疑问请找支部书记。`, now);
  return `已拒绝：${decided.name}。`;
};

/** Tells whoever asked, in private. */
export async function tellDecision(
  db: Db,
  { no, account, contactId }: Decided,
  text: string,
  now: number,
): Promise<void> {
  await planDeliveries(
    db,
    [
      {
        cause: `certification:${no}`,
        kind: 'reply',
        account,
        contactId,
        plannedAt: now,
        parts: [{ kind: 'text', body: text }],
      },
    ],
    now,
  );
}
