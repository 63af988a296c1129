/** The one place that knows the vendors' words for "too often". */
import { reasonOf } from '../../errors.ts';
import { RefusedError, ThrottledError } from '../channel.ts';

/** 操作过于频繁, 发消息太频繁; of web accounts the code 1205; of the service puppets the gRPC and HTTP words. */
const TOO_OFTEN = /频繁|too (?:many|frequent|often)|rate.?limit|RESOURCE_EXHAUSTED|\bret\W{1,4}1205\b/i;

/** What a failed send means: `ThrottledError` where the channel says that it was too often, else the error itself. */
export function readSendError(error: unknown): unknown {
  if (error instanceof RefusedError) return error;
  const details = (error as { details?: unknown } | undefined)?.details;
  const words = `${reasonOf(error)} ${typeof details === 'string' ? details : ''}`;
  return TOO_OFTEN.test(words)
    ? new ThrottledError('微信提示操作过于频繁，先停一停', { cause: error })
    : error;
}
