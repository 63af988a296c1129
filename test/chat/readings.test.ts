/** Which words say that somebody has read something, and only while something asks for it. */
import { describe, expect, it } from 'vitest';

import { saysRead } from '../../src/chat/readings.ts';

describe('已阅', () => {
  it.each([
    '已阅',
    '已阅。',
    '【已阅】',
    '已閱',
    '已阅！',
    ' 已 阅 '.replaceAll(' ', ''),
    '已阅读',
    '已阅读完毕',
    '已读',
    '已阅，收到',
    '已阅 谢谢',
    '黄秀兰 已阅',
    '黄秀兰已阅',
    '我已阅',
    '本人已阅',
    '学习已阅',
    '👍已阅',
    '已阅👍🌹',
    '「小课：【通知】开会」\n- - - - - - - - - - - - - - -\n已阅',
  ])('%j says it', (text) => expect(saysRead(text, '黄秀兰')).toBe(true));

  it.each([
    '收到',
    '好的',
    '阅',
    '还没已阅',
    '已阅了吗',
    '请大家已阅',
    '大家都已阅',
    '韦国强已阅',
    '未阅',
    '已阅的举手',
    '谁已阅？我没看到',
    '已读不回',
    '这个通知我已阅但是有个问题',
    '「韦国强：已阅」\n- - - - - - - - - - - - - - -\n收到',
    '',
    '1A 2C',
    '打卡',
  ])('%j does not', (text) => expect(saysRead(text, '黄秀兰')).toBe(false));
});
