/** Where a lesson's pictures are. */
import { pictureFile } from '../../lessons/catalogue.ts';
import type { Lesson } from '../../lessons/lesson.ts';

/** By its file from the lessons' folder down: a `..` in an address would be gone before it reached us. */
export function pictureAddress(lesson: Pick<Lesson, 'id' | 'file'>, href: string): string {
  const file = pictureFile(lesson, decoded(href));
  return `/l/${lesson.id}/picture/${file.split('/').map(encodeURIComponent).join('/')}`;
}

/** The parser percent-encodes what stands in the source. */
function decoded(href: string): string {
  try {
    return decodeURIComponent(href);
  } catch {
    return href;
  }
}
