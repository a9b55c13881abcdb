/** A page with new text between two marks; throws an error that names the page's file if a mark is missing. */
export function between(
  page: string,
  mark: string,
  text: string,
  file = "docs/configuration.md",
): string {
  const open = `<!-- ${mark}: begin -->`;
  const close = `<!-- ${mark}: end -->`;
  const begin = page.indexOf(open);
  const end = page.indexOf(close);
  if (begin < 0 || end < begin) {
    throw new Error(`${file} must hold ${open} and ${close}`);
  }
  return `${page.slice(0, begin + open.length)}\n\n${text}\n${page.slice(end)}`;
}
