/** SVG made into a PNG with a font of our own: what a group sees doesn't hang on the machine's fonts. */
import { fileURLToPath } from 'node:url';

import { encodeIndexed } from './indexed-png.ts';
import { FONT, WIDTH } from './look.ts';

const FONTS = [
  '400Regular/NotoSansSC_400Regular.ttf',
  '500Medium/NotoSansSC_500Medium.ttf',
  '700Bold/NotoSansSC_700Bold.ttf',
];

const fontFile = (name: string) =>
  fileURLToPath(import.meta.resolve(`@expo-google-fonts/noto-sans-sc/${name}`));

/** 750 px wide, some 30 KB. Drawn off the main thread. */
export async function renderPng(svg: string): Promise<Buffer> {
  const { renderAsync } = await import('@resvg/resvg-js');
  const image = await renderAsync(svg, {
    fitTo: { mode: 'width', value: WIDTH },
    font: {
      loadSystemFonts: false,
      fontFiles: FONTS.map(fontFile),
      defaultFontFamily: FONT,
      sansSerifFamily: FONT,
    },
  });
  return encodeIndexed({ width: image.width, height: image.height, rgba: image.pixels });
}
