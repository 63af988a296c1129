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

/** Colours that differ in their last bits only become one, as many bits as it takes. */
function indexColors(rgba: Uint8Array): { palette: Buffer; indices: Uint8Array } {
  for (let dropped = 0; ; dropped += 1) {
    const found = tryColors(rgba, dropped);
    if (found) return found;
  }
}

function tryColors(rgba: Uint8Array, dropped: number): { palette: Buffer; indices: Uint8Array } | undefined {
  const mask = (0xff << dropped) & 0xff;
  const known = new Map<number, number>();
  // What stands for a colour is the first one met, so that the plain ones stay as they are.
  const colors: number[] = [];
  const indices = new Uint8Array(rgba.length / 4);
  for (let at = 0; at < indices.length; at += 1) {
    const [red = 0, green = 0, blue = 0] = [rgba[at * 4], rgba[at * 4 + 1], rgba[at * 4 + 2]];
    const key = ((red & mask) << 16) | ((green & mask) << 8) | (blue & mask);
    let index = known.get(key);
    if (index === undefined) {
      if (known.size === MOST_COLORS) return undefined;
      index = known.size;
      known.set(key, index);
      colors.push(red, green, blue);
    }
    indices[at] = index;
  }
  return { palette: Buffer.from(colors), indices };
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  whole.set(body, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}
