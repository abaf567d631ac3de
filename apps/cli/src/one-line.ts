/**
 * A text of several lines on one, for a terminal. Line by line: a regular expression for the white space around line ends
 * takes time that grows with the square of a run of it.
 */
export function onOneLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '').join(' ');
}
