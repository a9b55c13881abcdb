/** What is wrong with the folder of a buffer on disk; null: nothing. */
export function bufferDirProblem(path: string): string | null {
  if (path === "") return "is empty: the buffer is written to / or nowhere";
  if (/^\/+$/.test(path)) return "is /: the buffer fills the root of the file system";
  if (/^\/+(?:tmp|dev\/shm|run)(?:\/|$)/.test(path))
    return `is ${path}: what is kept there is deleted at a restart of the machine`;
  return null;
}
