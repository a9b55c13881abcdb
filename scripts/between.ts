/** A page with what lies between two marks replaced; throws where a mark is missing and names the page's file. */
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
