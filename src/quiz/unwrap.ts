/** Takes harmless wrapping off what may be an answer: quote blocks, emoji, 我选…吧. */

const QUOTE = /^「[\s\S]*」[^\S\n]*\n[^\S\n]*-(?: ?-){4,}[^\S\n]*\n([\s\S]*)$/;
const EMOJI =
  /(?![√✓✔☑✅×✗✘✖❌❎])[\p{Extended_Pictographic}\u{1f1e6}-\u{1f1ff}\u{1f3fb}-\u{1f3ff}](?:\u200d)?/gu;
/** WeChat's stickers as they come over a bot's protocol, those that ask or doubt left out. Any other word in brackets is text. */
const STICKER = new RegExp(
  `\\[(?:${[
    '微笑|撇嘴|色|发呆|得意|流泪|害羞|闭嘴|睡|大哭|尴尬|发怒|调皮|呲牙|惊讶|难过|酷|冷汗|抓狂|吐|偷笑|可爱|愉快|白眼|傲慢|饥饿|困',
    '惊恐|流汗|憨笑|悠闲|大兵|奋斗|咒骂|嘘|晕|疯了|折磨|衰|骷髅|敲打|再见|擦汗|抠鼻|鼓掌|糗大了|坏笑|左哼哼|右哼哼|哈欠|鄙视',
    '委屈|快哭了|阴险|亲亲|吓|可怜|菜刀|西瓜|啤酒|篮球|乒乓|咖啡|饭|猪头|玫瑰|凋谢|嘴唇|示爱|爱心|心碎|蛋糕|闪电|炸弹|刀|足球|瓢虫',
    '便便|月亮|太阳|礼物|拥抱|强|弱|握手|胜利|抱拳|勾引|拳头|差劲|爱你|NO|OK|爱情|飞吻|跳跳|发抖|怄火|转圈|磕头|回头|跳绳|投降|激动',
    '乱舞|献吻|左太极|右太极|嘿哈|捂脸|奸笑|机智|皱眉|耶|吃瓜|加油|汗|天啊|Emm|社会社会|旺柴|好的|打脸|哇|翻白眼|666|让我看看|叹气',
    '苦涩|裂开|笑脸|生病|破涕为笑|脸红|恐惧|失望|无语|嗨|鬼魂|庆祝|合十|发财|发|福|烟花|爆竹|小狗|吐舌|点赞|赞|鲜花|心|比心|送花花',
  ].join('|')})\\]`,
  'giu',
);

const HEDGE = '(?:也|就|都是|还是|觉得|感觉|认为|猜|想|估计|可能|大概|应该|肯定|绝对|必须|一定)*';
const VERB =
  '(?:(?:答案|顺序|排序|答题|选择|作答|回答|回复|提交|交作业|作业|更正|修改|应该|改|选|答|填|交)(?:的是|是|成|为|选|选择)?)+';
/** 打错了，改成… in front of an answer. */
const SLIP =
  /^(?:报告|不对|我?(?:刚才|刚刚|上面|前面)?(?:打|发|写|选|看|答|填)错了?|手滑了?|更正一下|改一下|修改一下|重新答|重答|重发|重来)[\s,，。.!！:：]+/;
const BEFORE = new RegExp(
  `^(?:那)?(?:我的?|本人)?${HEDGE}${VERB}\\s*[:：,，]?\\s*|^(?:那)?(?:我)?${HEDGE}是?(?=[A-Ha-h](?![A-Za-z]|\\s*[和跟与]))`,
);
/** 答对 and 改错 tell of a result and give no answer. */
const OUTCOME = /^(?:我)?(?:也|就|都)?[答填改交](?=[对错])/;
const AFTER = /\s*(?:选项|项)?\s*(?:吧|啊|呀|哦|哈|嘛|啦|喽|呗|哟)?\s*[。.!！~～…,，;；、]*\s*$/;
const THANKS = /[\s,，。;；!！]+(?:谢谢(?:老师|小课)?|完毕|完成|答完了?|已答|请查收|交卷)[。.!！~～]*\s*$/;

const PARTICLE = /(?:吧|啊|呀|哦|哈|嘛|啦|喽|呗|哟)\s*[。.!！~～…]*\s*$/;
const LETTER_WITH_PARTICLE = /[A-Ha-h](?:选项|项)?\s*(?:吧|啊|呀|哦|哈|嘛|啦|喽|呗|哟)/;

/** AA吧: let everybody pay for themselves. */
const SHARED = /^([A-Ha-h])\1+\s*(?:吧|啊|呀|哦|哈|嘛|啦|喽|呗|哟)/;

/** The reply under a WeChat quote block; a text without one as it is. */
export const dropQuote = (text: string): string => QUOTE.exec(text)?.[1] ?? text;

export interface Unwrapped {
  readonly text: string;
  /** Whether somebody said in words that this is an answer. */
  readonly declared: boolean;
}

/**
 * `text` is normalised and has no quote block and no mention any more. `judged`: whether a true/false question
 * is open; where none is, ✅ is an emoji like any other.
 */
export function unwrap(text: string, judged: boolean): Unwrapped {
  const shown = text.replace(EMOJI, ' ').replace(STICKER, ' ');
  const plain = (judged ? shown : shown.replace(/[☑✅]/gu, ' ')).trim();
  const slip = SLIP.exec(plain)?.[0] ?? '';
  const rest = plain.slice(slip.length);
  const said = OUTCOME.test(rest) ? '' : (BEFORE.exec(rest)?.[0] ?? '');
  const declared = slip !== '' || said !== '';
  const inner = rest.slice(said.length).replace(THANKS, '');
  const kept = inner.replace(AFTER, '');
  // 对吧 asks for agreement and 对啊 gives it: a particle is wrapping only behind a letter or what was declared.
  const softened =
    PARTICLE.test(inner) && !declared && (SHARED.test(inner) || !LETTER_WITH_PARTICLE.test(inner));
  return { text: softened ? inner : kept, declared };
}
