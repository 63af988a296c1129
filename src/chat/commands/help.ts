import { isAtLeast } from '../../people/scope.ts';
import type { Command } from './command.ts';

/** What one can say here: in private also what one's role adds. */
export const help: Command = (_rest, { group, actor }) =>
  [
    '我是小课，按时发微课、收答案、记打卡。',
    '• 答题：看题直接回复，如 1A 2C；改答案再发一次就行',
    '• 打卡：发 打卡，后面可以写一句心得',
    '• 我的：看自己学了多少',
    '• 排行：看本周谁学得勤',
    '• 学习：看最近的一课；补学：补上错过的小测',
    '• 补卡：补昨天的打卡；请假 3天：这几天不断连续',
    '• 练习：错过的题隔几天再考；错题：看错在哪',
    '• 提醒我、退订提醒：截止前要不要私下提醒',
    '• 搜 花茶：找以前的课',
    ...(group ? [] : ['• 我的数据：把关于你的全部记录拿走']),
    ...(group ? [] : ['• 登录：在网页上点着答题，看自己的日历、错题和积分']),
    ...(group ? ['在群里先 @小课 再说；也可以私聊我。'] : []),
    ...(group || !isAtLeast(actor, 'secretary') ? [] : SECRETARY),
    ...(group || !isAtLeast(actor, 'department') ? [] : ADMIN),
  ].join('\n');

const SECRETARY = [
  '你是书记，还可以说：',
  '• 排课 花茶保鲜 周五 20:00 花茶支部群；课表；取消 5',
  '• 谁没学；进度',
  '• 通知 内容；写课；待审；通过 7；退回 7 原因',
  '• 投递；补发 12；已收到 12；不发 12',
  '• 待认证；同意 3；拒绝 3 原因',
  '• 登录：进后台；下线：把登录都收回',
];

const ADMIN = ['• 授权 张三 书记 花茶支部；撤权 张三 书记 花茶支部'];
