/** What people call the states and the kinds of deliveries, everywhere. */
import type { DeliveryKind, DeliveryState } from '../db/tables.ts';

export const STATE_WORDS: Readonly<Record<DeliveryState, string>> = {
  planned: '等着发',
  held: '扣下了',
  queued: '正要发',
  sending: '正在发',
  'awaiting-echo': '发了，等着看到它',
  sent: '到群了',
  failed: '没发成',
  expired: '过期作废',
  skipped: '没有发',
  unknown: '不确定是否到群',
};

export const KINDS: Readonly<Record<DeliveryKind, string>> = {
  lesson: '课',
  key: '答案',
  digest: '学习简报',
  notice: '通知',
  weekly: '每周一题',
  brief: '电商动态',
  bulletin: '电商动态',
  reminder: '提醒',
  ack: '收到了',
  reply: '回复',
};
