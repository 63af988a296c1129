/** Why a plan doesn't fit, in the words of a chat. */
import { localDay, localTime } from '../../clock.ts';
import type { Misfit } from '../../schedule/fit.ts';
import { sayDay, sayInstant } from '../plan/rule.ts';
import type { PaceConfig } from '../../schedule/outlook.ts';

/** One sentence with its full stop. */
export function sayMisfit(
  { kind, nominalAt, group, endsAt, into }: Misfit,
  { now, config }: { readonly now: number; readonly config: Pick<PaceConfig, 'zone'> },
): string {
  const { zone } = config;
  const hour = sayInstant(nominalAt, now, zone);
  const day = sayDay(localDay(nominalAt, zone), localDay(now, zone));
  switch (kind) {
    case 'quiet':
      return `${hour} 是不打扰的时段，发不出去。`;
    case 'day':
      return `${day} 要发的太多，账号一天发不完。`;
    case 'group-day':
      return `${day} ${group.topic}收到的会太多。`;
    case 'into-quiet':
      return `${hour} 开始发，到不打扰的时段还发不完。`;
    case 'into-next':
      return `${hour} 开始要发到 ${localTime(endsAt, zone)}，会挤到 ${localTime(into ?? endsAt, zone)} 的那一批。`;
  }
}
