/** A PNG as its pixels, for tests that look at pictures. 8 bits; RGB, RGBA or with a palette; not interlaced. */
import { crc32, inflateSync } from 'node:zlib';

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** `#rrggbb`. */
  at(x: number, y: number): string;
  /** How many of the pixels in a box pass. */
  count(
    test: (color: string) => boolean,
    box?: { x: number; y: number; width: number; height: number },
  ): number;
}

const paeth = (a: number, b: number, c: number): number => {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
};

export function readPng(png: Buffer): Pixels {
  if (png.subarray(0, 8).toString('hex') !== '89504e470d0a1a0a') throw new Error('no PNG');
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const [depth, kind] = [png[24], png[25]];
  if (depth !== 8 || (kind !== 2 && kind !== 3 && kind !== 6))
    throw new Error(`depth ${depth}, kind ${kind}`);
  const size = kind === 6 ? 4 : kind === 3 ? 1 : 3;
  let palette = Buffer.alloc(0);
  const data: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const body = png.subarray(at + 4, at + 8 + png.readUInt32BE(at));
    if (png.readUInt32BE(at + 4 + body.length) !== crc32(body)) throw new Error('a chunk is broken');
    const name = body.toString('latin1', 0, 4);
    if (name === 'IDAT') data.push(body.subarray(4));
    if (name === 'PLTE') palette = Buffer.from(body.subarray(4));
  }
  const raw = inflateSync(Buffer.concat(data));
  const stride = width * size;
  const pixels = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (stride + 1)];
    for (let x = 0; x < stride; x += 1) {
      const left = x >= size ? (pixels[y * stride + x - size] ?? 0) : 0;
      const up = y > 0 ? (pixels[(y - 1) * stride + x] ?? 0) : 0;
      const corner = x >= size && y > 0 ? (pixels[(y - 1) * stride + x - size] ?? 0) : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter ?? 0] ?? 0;
      pixels[y * stride + x] = ((raw[y * (stride + 1) + 1 + x] ?? 0) + guess) & 255;
    }
  }
  const at = (x: number, y: number) => {
    const place = y * stride + x * size;
    const index = (pixels[place] ?? 0) * 3;
    return `#${kind === 3 ? palette.toString('hex', index, index + 3) : pixels.toString('hex', place, place + 3)}`;
  };
  return {
    width,
    height,
    at,
    count(test, box = { x: 0, y: 0, width, height }) {
      let found = 0;
      for (let y = box.y; y < box.y + box.height; y += 1)
        for (let x = box.x; x < box.x + box.width; x += 1) if (test(at(x, y))) found += 1;
      return found;
    },
  };
}
