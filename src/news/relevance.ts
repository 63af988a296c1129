/** How much a piece of news concerns the county, and what it is about: by words, so that anybody can see why. */

/** A word and what it is worth; a word in the title counts three times. */
export interface Keyword {
  readonly word: string;
  readonly weight: number;
}

export interface Judged {
  /** 0 and more; the desk shows the highest first. */
  readonly relevance: number;
  /** The first category of which a word is there; `''` for none. */
  readonly category: string;
  /** The word of the stop list that keeps it out. */
  readonly stopped?: string;
}

export interface Yardstick {
  readonly keywords: readonly Keyword[];
  readonly stopWords: readonly string[];
}

const IN_TITLE = 3;

/** Most telling first. */
const CATEGORIES: readonly (readonly [category: string, words: readonly string[]])[] = [
  [
    '政策补贴',
    [
      '补贴',
      '政策',
      '办法',
      '通知',
      '意见',
      '方案',
      '条例',
      '规定',
      '申报',
      '扶持',
      '示范县',
      '减税',
      '资金',
    ],
  ],
  ['防骗提醒', ['诈骗', '骗局', '刷单', '假冒', '打假', '风险提示', '消费警示', '处罚', '曝光']],
  ['直播电商', ['直播', '主播', '短视频', '带货', '抖音', '快手', '视频号']],
  ['物流快递', ['物流', '快递', '冷链', '寄递', '仓储', '运费', '配送']],
  ['产业行情', ['茉莉花', '花茶', '茶叶', '农产品', '价格', '行情', '收购', '产量', '产业', '种植', '市场']],
  ['培训活动', ['培训', '比赛', '大赛', '展会', '博览会', '论坛', '招募', '报名']],
];

/** `茉莉花:5 横州:5 直播` as the policy is written; without a number a word is worth 1. */
export function readKeywords(text: string): Keyword[] {
  return text
    .split(/[\s,，、;；]+/u)
    .filter(Boolean)
    .map((piece) => {
      const [, word = piece, weight = '1'] = /^(.+?)[:：](\d{1,2})$/u.exec(piece) ?? [];
      return { word, weight: Number(weight) };
    });
}

export const readWords = (text: string): string[] => text.split(/[\s,，、;；]+/u).filter(Boolean);

export function judge(
  { title, summary }: { readonly title: string; readonly summary: string },
  { keywords, stopWords }: Yardstick,
): Judged {
  const [head, body] = [title.normalize('NFKC').toLowerCase(), summary.normalize('NFKC').toLowerCase()];
  const relevance = keywords.reduce((sum, { word, weight }) => {
    const low = word.toLowerCase();
    return sum + weight * ((head.includes(low) ? IN_TITLE : 0) + (body.includes(low) ? 1 : 0));
  }, 0);
  const both = `${head}\n${body}`;
  const stopped = stopWords.find((word) => both.includes(word.toLowerCase()));
  const category =
    CATEGORIES.find(([, words]) => words.some((word) => head.includes(word)))?.[0] ??
    CATEGORIES.find(([, words]) => words.some((word) => body.includes(word)))?.[0] ??
    '';
  return { relevance, category, ...(stopped === undefined ? {} : { stopped }) };
}
