/** Why an account isn't there, in Chinese, for whoever looks at its state. */
import { reasonOf } from '../../errors.ts';

/** The vendors hand errors on as text; what is left of a system's error is its code in it. */
const NETWORK = /\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)\b/;

export function explain(error: unknown, puppet = '这个 puppet'): string {
  const words = reasonOf(error).slice(0, 200);
  if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND')
    return `没有安装 ${puppet}：检查 WECHATY_PUPPET，再运行一次 npm start`;
  if (NETWORK.test(words)) return `连不上聊天服务器（${words}）：看看这台机器的网络，网络通了会自己连上`;
  return `连不上：${words}`;
}
