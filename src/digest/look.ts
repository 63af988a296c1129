/** The look of pictures that go into a group: the pages' colours in their light form, at 750 px wide. */

export const COLORS = {
  brand: '#07854a',
  gold: '#80590a',
  ink: '#191919',
  soft: '#5a5a5a',
  line: '#e2e2e2',
  ground: '#ededed',
  card: '#ffffff',
} as const;

export const FONT = 'Noto Sans SC';
export const WIDTH = 750;
/** Space around the content. */
export const EDGE = 44;
/** px, of the content. */
export const INSIDE = WIDTH - 2 * EDGE;

/** Sizes of text, px: readable when a phone shows the picture at a third of its width. */
export const TEXT = { small: 28, body: 30, head: 34, title: 46, figure: 68 } as const;
