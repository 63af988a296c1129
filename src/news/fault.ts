/** Why a feed or a page could not be had: in English for the terminal, in Chinese for the desk. */
import { UserError } from '../errors.ts';

export type FaultCode =
  | 'empty'
  | 'too-large'
  | 'too-deep'
  | 'too-long'
  | 'encoding'
  | 'doctype'
  | 'not-a-feed'
  | 'malformed'
  | 'address'
  | 'address-length'
  | 'private'
  | 'redirects'
  | 'status'
  | 'network'
  | 'budget'
  | 'content-type';

const CHINESE: Readonly<Record<FaultCode, string>> = {
  empty: '里面什么都没有',
  'too-large': '内容太大，没有读',
  'too-deep': '内容套得太深，没有读',
  'too-long': '等得太久，没有读完',
  encoding: '认不出文字编码',
  doctype: '里面定义了实体，可能有害，没有读',
  'not-a-feed': '这不是 RSS、Atom 或 JSON Feed',
  malformed: '格式写坏了，读不出来',
  address: '网址不对，只认 http 和 https',
  'address-length': '网址太长，没有读',
  private: '这个网址指向内部网络，不能读',
  redirects: '跳转太多次',
  status: '网站没有给出内容',
  network: '连不上这个网站',
  budget: '这个网站刚问过，过一会儿再问',
  'content-type': '这个网址不是网页',
};

export class FeedFault extends UserError {
  override name = 'FeedFault';
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string, options?: ErrorOptions) {
    super(message, { said: CHINESE[code], ...options });
    this.code = code;
  }
}

/** The fault as the desk and the chat say it. */
export const sayFault = (fault: FeedFault): string => CHINESE[fault.code];
