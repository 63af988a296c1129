/**
 * A PNG with a palette: what is drawn here has few colours, and every member of a group pays for its bytes. A third of
 * the size of the same with a colour a pixel. Format: PNG 3rd edition (W3C), chunks IHDR, PLTE, IDAT, IEND; colour type 3.
 */
import { crc32, deflateSync } from 'node:zlib';

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, alpha of each pixel; alpha is taken as full. */
  readonly rgba: Uint8Array;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Enough for the edges of letters; more can not be told apart, and cost. */
const MOST_COLORS = 64;

export function encodeIndexed({ width, height, rgba }: Pixels): Buffer {
  const { palette, indices } = indexColors(rgba);
  // A line is its filter (0: none, which serves a palette best) and its pixels.
  const lines = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y += 1)
    lines.set(indices.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', palette),
    chunk('IDAT', deflateSync(lines, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Colours that differ in their last bits only become the one that is there most, as many bits as it takes. */
function indexColors(rgba: Uint8Array): { palette: Buffer; indices: Uint8Array } {
  const pixels = new Uint32Array(rgba.length / 4);
  const counts = new Map<number, number>();
  // Most pixels are what the one before them is.
  let begun = 0;
  for (let at = 0; at <= pixels.length; at += 1) {
    const color = ((rgba[at * 4] ?? 0) << 16) | ((rgba[at * 4 + 1] ?? 0) << 8) | (rgba[at * 4 + 2] ?? 0);
    const before = pixels[begun] ?? 0;
    if (at > begun && (at === pixels.length || color !== before)) {
      counts.set(before, (counts.get(before) ?? 0) + at - begun);
      begun = at;
    }
    pixels[at] = color;
  }
  const colors = [...counts].toSorted((a, b) => b[1] - a[1]).map(([color]) => color);
  for (let dropped = 0; ; dropped += 1) {
    const mask = 0x01_01_01 * ((0xff << dropped) & 0xff);
    // The first of each is the one that is there most.
    const kept = new Map<number, number>();
    for (const color of colors) if (!kept.has(color & mask)) kept.set(color & mask, color);
    if (kept.size > MOST_COLORS) continue;
    const palette = [...kept.values()];
    const places = new Map([...kept.keys()].map((key, place) => [key, place]));
    return {
      palette: Buffer.from(palette.flatMap((color) => [color >> 16, (color >> 8) & 0xff, color & 0xff])),
      indices: indicesOf(pixels, (color) => places.get(color & mask) ?? 0),
    };
  }
}

function indicesOf(pixels: Uint32Array, placeOf: (color: number) => number): Uint8Array {
  const indices = new Uint8Array(pixels.length);
  let [last, place] = [-1, 0];
  for (let at = 0; at < pixels.length; at += 1) {
    const color = pixels[at] ?? 0;
    if (color !== last) [last, place] = [color, placeOf(color)];
    indices[at] = place;
  }
  return indices;
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  whole.set(body, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}
