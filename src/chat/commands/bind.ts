import { localDay } from '../../clock.ts';
import { factMover } from '../../digest/follow.ts';
import { askCertification } from '../../people/certify.ts';
import { readClaim } from '../../people/claim.ts';
import { readPolicy } from '../../people/policies.ts';
import { tellDeciders } from '../notices.ts';
import type { Command, CommandContext } from './command.ts';

const HOW = '这样发：认证 姓名 认证码，如 认证 张三 AB1234。认证码找支部书记要。';

/** `认证 张三 AB1234`, in private only: what is said in a group everybody reads. */
export const bind: Command = async (rest, context) => {
  if (context.group)
    return '认证请私聊我说，群里大家都看得见。码要是已经发出来了，请撤回，再找支部书记换一个。';
  if (rest === '') return HOW;
  const claim = readClaim(rest);
  if (claim === 'id-card') return '不要发身份证号，我不收也没有记下。请用支部书记给的认证码。';
  if (!claim) return HOW;
  return await ask(context, claim);
};

async function ask(
  { db, zone, now, memberId, account, contactId }: CommandContext,
  claim: Exclude<ReturnType<typeof readClaim>, 'id-card' | undefined>,
): Promise<string> {
  const member = await db
    .selectFrom('member')
    .selectAll()
    .where('id', '=', memberId)
    .executeTakeFirstOrThrow();
  const unitId = await unitOfContact({ db, account, contactId });
  const place = unitId === null ? {} : { unitId };
  const tries = await readPolicy(db, 'certify-tries', place);
  const asked = await askCertification(
    db,
    { account, contactId, member, claim, unitId, tries },
    factMover(zone),
    now,
  );
  switch (asked.kind) {
    case 'certified': {
      const isParty = asked.member.status === 'full' || asked.member.status === 'probationary';
      const more = isParty ? '\n愿意在榜上和简报里亮明党员身份，就回 亮明身份 开。' : '';
      return `认证好了，${asked.member.name}。以前学的都算在你名下。${more}`;
    }
    case 'already':
      return `${asked.member.name}，你已经认证过了。`;
    case 'other':
      return `这个账号已经认证为 ${asked.member.name}。要改请找支部书记。`;
    case 'too-many':
      await tellDeciders(
        db,
        asked.unitId,
        {
          cause: `tries:${account}:${contactId}:${localDay(now, zone)}`,
          text: `有人一天里多次认证都没对上，报的名字是「${claim.name}」，群里叫 ${member.name}。今天不再受理，请留意。`,
        },
        now,
      );
      return '今天试的次数太多了，请明天再来，或者直接找支部书记。';
    case 'waiting':
      return '没有对上，已经请支部书记确认，确认后我告诉你。';
  }
}

/** The unit of the first group in which they sit. */
async function unitOfContact({
  db,
  account,
  contactId,
}: Pick<CommandContext, 'db' | 'account' | 'contactId'>): Promise<string | null> {
  const seat = await db
    .selectFrom('group_member')
    .innerJoin('chat_group', 'chat_group.id', 'group_member.group_id')
    .select('chat_group.unit_id')
    .where('chat_group.account', '=', account)
    .where('group_member.contact_id', '=', contactId)
    .where('group_member.left_at', 'is', null)
    .where('chat_group.unit_id', 'is not', null)
    .orderBy('chat_group.created_at')
    .executeTakeFirst();
  return seat?.unit_id ?? null;
}
