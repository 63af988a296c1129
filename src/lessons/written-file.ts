/** What the file of a lesson is called that was written in chat or console: such a file is never on the disk. */

export const FOLDER = '_written/';

export const fileOfWritten = (lessonId: string): string => `${FOLDER}${lessonId}.md`;

export const isWritten = (file: string): boolean => file.startsWith(FOLDER);
