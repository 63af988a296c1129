/** The presses that settle what waits: the same functions that chat and terminal use. */
import type { Hono } from 'hono';

import { decideDelivery } from '../../chat/commands/deliveries.ts';
import { tellDecision } from '../../chat/commands/certify.ts';
import { inTransaction } from '../../db/open.ts';
import { DECISIONS } from '../../delivery/resolve.ts';
import { factMover } from '../../digest/follow.ts';
import { UserError } from '../../errors.ts';
import { approveCertification, rejectCertification, revokeCertification } from '../../people/certify.ts';
import { chooseMatch, takeBackChoice } from '../../people/match-choices.ts';
import { decideInvitation, reopenInvitation } from '../../people/reach.ts';
import { getScopedMember } from '../../people/scope.ts';
import { acts } from './acting.ts';
import type { Undo } from './flash.ts';
import { type ConsoleSite, readNo } from './parts.ts';

export function decideRoutes(app: Hono, site: ConsoleSite): void {
  app.post(
    '/deliveries/decide',
    acts(site, '/deliveries', async ({ db, actor, now }, form) => {
      const no = readNo(form.get('no'));
      const as = DECISIONS.find((one) => one === form.get('as'));
      if (!as) throw new UserError('没有看懂要怎么办，什么也没有改动。');
      const { done, said } = await inTransaction(db, (trx) => decideDelivery(trx, actor, no, as, now));
      // What was seen in the group can't be unsaid; the other two undo each other as long as nothing went out.
      const undo: Undo | undefined =
        done && as !== 'sent'
          ? {
              path: '/deliveries/decide',
              fields: { no: String(no), as: as === 'drop' ? 'resend' : 'drop' },
              label: as === 'drop' ? '还是要发' : '还是不发',
            }
          : undefined;
      return { text: said, done, ...(undo ? { undo } : {}) };
    }),
  );

  app.post(
    '/certifications/approve',
    acts(site, '/certifications', async ({ db, actor, zone, now }, form) => {
      const no = readNo(form.get('no'));
      const as = form.get('as').trim();
      const decided = await inTransaction(db, async (trx) => {
        const made = await approveCertification(
          trx,
          no,
          as === '' ? undefined : as,
          actor,
          factMover(zone),
          now,
        );
        await tellDecision(trx, made, `认证好了，${made.name}。以前学的都算在你名下。`, now);
        return made;
      });
      const { member_id: memberId } = await db
        .selectFrom('certification')
        .select('member_id')
        .where('no', '=', no)
        .executeTakeFirstOrThrow();
      return {
        text: `已认证：${decided.name}。`,
        undo: { path: '/certifications/revoke', fields: { member: memberId ?? '' }, label: '撤回' },
      };
    }),
  );
  app.post(
    '/certifications/reject',
    acts(site, '/certifications', async ({ db, actor, now }, form) => {
      const reason = form.get('reason').trim().slice(0, 100);
      const decided = await inTransaction(db, async (trx) => {
        const made = await rejectCertification(trx, readNo(form.get('no')), reason, actor, now);
        const why = reason === '' ? '' : `：${reason}`;
        await tellDecision(trx, made, `认证没有通过${why}。有疑问请找支部书记。`, now);
        return made;
      });
      return { text: `已拒绝：${decided.name}。` };
    }),
  );
  app.post(
    '/certifications/revoke',
    acts(site, '/certifications', async ({ db, actor, zone, now }, form) => {
      const member = await getScopedMember(db, actor, form.get('member'));
      await revokeCertification(db, member.id, actor, factMover(zone), now);
      return { text: `${member.name} 的认证撤回了，要用请本人再发一次 认证。` };
    }),
  );

  for (const accepted of [true, false])
    app.post(
      accepted ? '/matches/accept' : '/matches/reject',
      acts(site, '/matches', async ({ db, actor, now }, form) => {
        const no = readNo(form.get('no'));
        await chooseMatch(db, no, accepted, actor, now);
        return {
          text: accepted ? '认出来了，一分钟后一切照旧。' : '记下了，不是同一个，一分钟后算数。',
          undo: { path: '/matches/undo', fields: { no: String(no) }, label: '点错了' },
        };
      }),
    );
  app.post(
    '/matches/undo',
    acts(site, '/matches', async ({ db, actor, now }, form) => {
      await takeBackChoice(db, readNo(form.get('no')), actor, now);
      return { text: '收回了，还在等着认。' };
    }),
  );
  for (const accepted of [true, false])
    app.post(
      accepted ? '/invitations/accept' : '/invitations/reject',
      acts(site, '/', async ({ db, actor, now }, form) => {
        const { no, topic } = await decideInvitation(db, readNo(form.get('no')), accepted, actor, now);
        return {
          text: accepted ? `「${topic}」两分钟内就进去。` : `没有进「${topic}」。`,
          undo: {
            path: '/invitations/undo',
            fields: { no: String(no) },
            label: accepted ? '先不进' : '再想想',
          },
        };
      }),
    );
  app.post(
    '/invitations/undo',
    acts(site, '/', async ({ db, actor, now }, form) => {
      const { topic } = await reopenInvitation(db, readNo(form.get('no')), actor, now);
      return { text: `收回了，「${topic}」还在等您定。` };
    }),
  );
}
