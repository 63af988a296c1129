/** What is said beside a quiz and is no word filled into it: courtesy, questions, stickers, red packets, prices. */

const COURTESY =
  /^(?:ok|okay|okk|好|好嘞|好滴|好哒|好吧|行|行吧|可以|知道|明白|了解|早|早上好|早安|上午好|中午好|下午好|晚上好|晚安|嗯|嗯嗯|哦|噢|啊|哈|赞|点赞|棒|真棒|厉害|支持|同意|赞成|没错|对头|没问题|没有|有|在|来|到|已阅|已读|阅|已学|已学习|学习|学完|看完|打卡|签到|测试|试试|不懂|不会|不清楚|不错|不行|不能|随便|都行|都对|都错|全对|全错|下班|上班|开会|散会|吃饭|开饭|睡觉|起床|出发|集合|报到|值班|请假|新年好|新年快乐|节日快乐|生日快乐|国庆快乐|中秋快乐|666+|233+|\d+)$/i;
/**
 * Words of conversation: who uses them speaks to somebody, or of somebody. Those that stand in words of the course
 * don't count: 自我批评, 我国, 其他, 不忘初心, 第一书记, 呵护.
 */
const SPOKEN =
  /感谢|谢谢|多谢|谢了|辛苦|收到|恭喜|^祝|欢迎|拜拜|拜托|拜年|再见|你好|您好|大家|各位|同志们|老师|师傅|老板|小课|群主|管理员|加油|哈哈|嘿嘿|呵呵|嘻嘻|[哎唉]|^喂|[你您她咱俺]|(?<!自)我(?!国|为群)|(?<![其利吉])他(?!律|乡)|今天|明天|昨天|后天|今晚|刚才|刚刚|马上|等下|等会|待会|一会|晚点|快点|早点|(?<!不)忘|麻烦|帮忙|已经|撤回了|拍了拍|加入了|邀请.*群|退出了|太[^阳极湖]|有点|还没|没看|没有|不会|不知|不懂|看不|做不|听不|[好真]难|书记(?=.)|(?<!第一|支部|党委|党组|总支|工委|副)书记$|主任(?=.)|(?<!委会|办|中心|副)主任$/;
const ASKS =
  /[?？]|[吗么嘛呢]$|什么|怎么|怎样|为何|为啥|哪[个些里儿种]|几点|几[个天号时月]|多少|谁|是不是|有没有|能不能|可不可以|公布|答案|第.{1,3}题|这题|哪题|选项/;
const PARTICLE = /[了啦啊呀哦哟噢吧喽咯哈嘞哇的]$/;
const ADDRESS = /https?:|www\.|\.(?:com|cn)\b|@|\[[^\]]{1,6}\]|\d{5,}|\d\s*[元块斤]|[元块斤]$/i;
/** Behind a letter these make a word of it: A股, B站, C位, D字头, T恤, A级的茶. */
const LETTERED =
  /^[A-Za-z]?(?:股|站|位|级|型|字头|超|罗|盘|座|区|栋|楼|馆|口|货|类|款|码|照|证|咖|牌|柱|班|组|团|队|卷|线|路|段|档|片|端|等|库|仓|单元|柜|车|票|餐|套|恤|制|面|轮|调|打印|景区|网|宝|人)/;
/** Behind a bare digit these count things: 3点开会, 2个人, 5号楼. 个人 and 日期 are words. */
const COUNTED =
  /^(?:个(?!人[信所隐])|只|件(?!数)|单(?!位|据)|斤|两|克|元|块|毛|角|分(?!类|享|级)|点(?!赞)|号|日(?!期)|月(?!光)|年(?!份)|天(?!然)|周|小时|秒|层|楼|栋|幢|室|人(?!民|工|员)|名(?!称)|次|回(?!应|复)|遍|趟|条(?!件)|张|把|台|部(?!门)|辆|箱|袋|包(?!装)|盒|瓶|罐|杯|碗|吨|亩|里|米|公里|公斤|厘米|毫米|尺|寸|度|倍|折|成(?!分|本)|级|等|种(?!植|子)|样|项|家|户|组|队|多|万|千|百|g|kg|G|cm|ml|[%％])/;

/** Whether a bare word in a group may be what was filled in, rather than talk. Length in characters. */
export function mayFillIn(word: string, longest: number): boolean {
  const characters = [...word].length;
  return (
    characters > 0 &&
    characters <= longest &&
    /[\p{L}\p{N}]/u.test(word) &&
    !COURTESY.test(word) &&
    !SPOKEN.test(word) &&
    !ASKS.test(word) &&
    !PARTICLE.test(word) &&
    !ADDRESS.test(word)
  );
}

/** Whether the word, with a letter before it, is one of those that begin with a letter. */
export const followsLetter = (word: string): boolean => LETTERED.test(word);

/** Whether the word, right behind a digit, counts something. */
export const countsThings = (word: string): boolean => COUNTED.test(word);

/** hhh, haha, eee, gg: laughter and sighs in letters. */
export const isLaughter = (text: string): boolean =>
  /^(?:(?:h+[ae]*){2,}|a+h+|e{2,}|g{2,}|h{2,}|e+h+)$/i.test(text);

/** 5G and the like: a name, whatever the options are. */
export const isName = (text: string): boolean => /^[2-6]G$/i.test(text);

/** Red packets, transfers, files, recalls and the like are never an answer. */
export const isNotice = (text: string): boolean =>
  /^\[(?:红包|微信红包|转账|收款|图片|照片|视频|小视频|语音|语音通话|视频通话|文件|链接|位置|名片|个人名片|动画表情|表情|聊天记录|小程序|音乐|群公告|群待办|接龙|投票|直播|视频号|笔记|卡券|转发|合并转发|引用|收藏|礼物|拍一拍|系统消息|草稿|有人@我)\]/.test(
    text,
  ) || /撤回了?(?:一条|上一条)?消息/.test(text);
