/** One form for all the addresses under which the same page is passed around. */

/** Parameters that say who passed it on, never what it is. */
const TRACKING =
  /^(?:utm_\w+|spm|scm|from|from_?source|isappinstalled|share_?\w*|sharer_?\w*|src|source|ref|ref_src|refer|referer|fbclid|gclid|yclid|msclkid|mc_[ce]id|_t|_r|timestamp|nsukey|wxshare_count|wx_header|vd_source|bd_vid|hmsr|hmpl|hmcu|hmkw|hmci|tt_from|pvid)$/i;
/** WeChat's articles are told by these; all else of their addresses changes from reader to reader. */
const WEIXIN = ['__biz', 'mid', 'idx', 'sn'];
/** Pages that say nothing of the address. */
const INDEX = /\/(?:index|default)\.(?:s?html?|php|aspx?|jsp)$/i;

/**
 * The canonical form: no scheme, no `www.` or `m.`, no fragment, no tracking, parameters in order, no slash at
 * the end. Two addresses with the same form are the same page. `''` for what is no address of the web.
 */
export function canonicalLink(link: string): string {
  if (!URL.canParse(link)) return '';
  const url = new URL(link);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return '';
  const host = url.hostname.replace(/^(?:www|m|wap|mobile)\./, '').replace(/\.$/, '');
  const isWeixin = host === 'mp.weixin.qq.com' && url.searchParams.has('__biz');
  const kept = [...url.searchParams].filter(([name]) =>
    isWeixin ? WEIXIN.includes(name) : !TRACKING.test(name),
  );
  const query = kept
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .toSorted()
    .join('&');
  const port = url.port === '' ? '' : `:${url.port}`;
  const path = decodePath(url.pathname)
    .replace(INDEX, '/')
    .replace(/\/{2,}/g, '/')
    .replace(/\/$/, '');
  return `${host}${port}${path}${query === '' ? '' : `?${query}`}`;
}

/** `%e8%8c%b6` and `%E8%8C%B6` and `茶` are one. */
function decodePath(path: string): string {
  try {
    return encodeURI(decodeURI(path));
  } catch {
    return path;
  }
}
