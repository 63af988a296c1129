import { describe, expect, it } from 'vitest';

import { NotSentError, RefusedError, ThrottledError } from '../../src/channels/channel.ts';
import { readSendError } from '../../src/channels/wechaty/throttle.ts';

describe('what the vendor says when it was too often', () => {
  it.each([
    new Error('操作过于频繁，请稍后再试'),
    new Error('发消息太频繁'),
    new Error('{"BaseResponse":{"Ret":1205,"ErrMsg":""}}'),
    Object.assign(new Error('2 UNKNOWN'), { details: '操作太频繁，请稍后再试。' }),
    new Error('8 RESOURCE_EXHAUSTED: slow down'),
    new Error('Rate limit exceeded'),
    '429 Too Many Requests',
  ])('%s', (error) => {
    const read = readSendError(error);
    expect(read).toBeInstanceOf(ThrottledError);
    expect(read).toBeInstanceOf(NotSentError);
    expect((read as Error).message).toBe('微信提示操作过于频繁，先停一停');
  });

  it.each([
    new Error('socket hang up'),
    new NotSentError('账号不在线'),
    new RefusedError('图片 频繁.png 不在了'),
    new Error('1205 messages are waiting'),
  ])('%s is something else', (error) => {
    expect(readSendError(error)).toBe(error);
  });
});
