/** Which pages there are, in the order of the side column; those of the bottom bar of a phone are marked. */
export interface NavItem {
  readonly path: string;
  readonly name: string;
  /** In the bar of a phone, where five fit. */
  readonly tab?: true;
  readonly icon?: string;
  /** What it is for, where all pages are listed. */
  readonly about: string;
}

export const NAV: readonly NavItem[] = [
  { path: '/', name: '今天', tab: true, icon: 'today', about: '今天发什么，什么等我办' },
  { path: '/week', name: '课表', tab: true, icon: 'week', about: '排课、挪课、订到手机日历' },
  { path: '/lessons', name: '微课', tab: true, icon: 'lesson', about: '找课、写课、改课' },
  { path: '/bank', name: '题库', about: '小测抽的题，导入导出，改答案' },
  { path: '/news', name: '动态', about: '新来的消息挑一挑，写一条，订网站' },
  { path: '/groups', name: '群与成员', tab: true, icon: 'people', about: '群、名册、认证' },
  { path: '/participation', name: '参与', about: '谁学了、谁还没学，和上一段比' },
  { path: '/workbook', name: '台账', about: '月度、季度台账，明细导出' },
  { path: '/reviews', name: '审核', about: '别人写的课和通知，等我通过' },
  { path: '/deliveries', name: '投递', about: '发到了没有，没发成的怎么办' },
  { path: '/messages', name: '消息记录', about: '收到的话，怎么理解的，记错了改' },
  { path: '/accounts', name: '聊天账号', about: '在线没有，扫码登录，重新连接' },
  { path: '/settings', name: '设置', about: '发送节奏、答题、积分、提醒' },
  { path: '/audit', name: '审计', about: '谁在什么时候改了什么' },
];

/** Pages that stand below another one of the list. */
const BELOW: Readonly<Record<string, string>> = {
  '/members': '/groups',
  '/certifications': '/groups',
  '/matches': '/groups',
};

/** Which of them a path belongs to. */
export const navOf = (path: string): string =>
  BELOW[`/${path.split('/')[1] ?? ''}`] ??
  NAV.findLast((item) => path === item.path || (item.path !== '/' && path.startsWith(`${item.path}/`)))
    ?.path ??
  '';
