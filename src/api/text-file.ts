import { appendFile, writeFile } from "node:fs/promises";

/** Writes a file that the user named. As it is: it may be a pipe or a device, which nobody must replace. */
export const writeText = (path: string, text: string): Promise<void> => writeFile(path, text);

export const appendText = (path: string, text: string): Promise<void> => appendFile(path, text);
