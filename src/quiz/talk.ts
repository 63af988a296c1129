/** What is said beside a quiz and is no word filled into it: courtesy, questions, stickers, red packets. */

const COURTESY =
  /^(?:ok|okay|okk|好|好的|好嘞|好滴|好哒|好吧|行|行吧|可以|可以的|收到|收到了|知道|知道了|明白|明白了|了解|谢谢|谢了|多谢|感谢|辛苦了|辛苦|大家好|早|早上好|早安|上午好|中午好|下午好|晚上好|晚安|再见|拜拜|嗯|嗯嗯|哦|噢|啊|哈|哈哈+|嘿嘿|呵呵|赞|点赞|棒|真棒|厉害|加油|支持|同意|赞成|没错|是的|对的|对啊|对呀|对头|没问题|没有|有|在|在的|来了|到|到了|已阅|已读|阅|已学|已学习|学习|打卡|签到|测试|试试|不知道|不懂|不会|忘了|忘记了|不清楚|随便|都行|都对|都错|全对|全错|下班|开会|吃饭|吃饭了|新年好|恭喜|恭喜发财|节日快乐|生日快乐|666+|233+|\d+)$/i;

const ASKS =
  /[?？]|[吗么嘛呢]$|什么|怎么|怎样|为何|为啥|哪[个些里儿种]|几点|多少|谁|是不是|有没有|能不能|可不可以|公布|答案/;
const PARTICLE = /[了啦啊呀哦哟噢吧喽咯哈嘞哇]$/;
const ADDRESS = /https?:|www\.|\.(?:com|cn)\b|@|\[[^\]]{1,6}\]|\d{5,}|[元块斤]/i;

/** Whether a bare word in a group may be what was filled in, rather than talk. Length in characters. */
export function mayFillIn(word: string, longest: number): boolean {
  const characters = [...word].length;
  return (
    characters > 0 &&
    characters <= longest &&
    /[\p{L}\p{N}]/u.test(word) &&
    !COURTESY.test(word) &&
    !ASKS.test(word) &&
    !PARTICLE.test(word) &&
    !ADDRESS.test(word)
  );
}

/** Red packets, transfers, files, recalls and the like are never an answer. */
export const isNotice = (text: string): boolean =>
  /^\[(?:红包|转账|图片|视频|语音|文件|链接|位置|名片|动画表情|聊天记录|小程序|音乐|群公告)\]/.test(text) ||
  /撤回了一条消息/.test(text);
