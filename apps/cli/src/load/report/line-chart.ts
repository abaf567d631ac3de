/** A line of a chart: its points from left to right. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LineChart {
  readonly title: string;
  /** What is counted from left to right. */
  readonly xLabel: string;
  readonly series: readonly Series[];
  /** Values hold until the next one, as a number of processes does, instead of leading to it. Default false. */
  readonly steps?: boolean;
}

const width = 760;
const height = 260;
const margin = { top: 58, right: 16, bottom: 40, left: 56 };
const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };
/** Distinguishable with any colour vision, and readable on white and on black (Okabe and Ito, darkened where needed). */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b58900'];
const grey = '#808080';

/** A chart as a file of its own that any browser shows, and a Markdown page includes as an image. */
export function lineChart({ title, xLabel, series, steps = false }: LineChart): string {
  const points = series.flatMap((one) => one.points);
  const right = roundUp(Math.max(4, ...points.map(([x]) => x)));
  const top = roundUp(Math.max(4, ...points.map(([, y]) => y)));
  const x = (value: number): number => margin.left + (value / right) * inner.width;
  const y = (value: number): number => margin.top + inner.height * (1 - value / top);
  const lines = series.map(({ points }, index) => polyline(points, { x, y, steps, colour: colourOf(index) }));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<title>${escape(title)}</title>`,
    text(margin.left, 18, title, 'start', 'font-weight="bold" font-size="14"'),
    ...legend(series),
    ...ticks(top).map((value) => horizontal(y(value), String(value))),
    ...ticks(right).map((value) => text(x(value), height - margin.bottom + 18, String(value), 'middle')),
    text(margin.left + inner.width / 2, height - 6, xLabel, 'middle'),
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}

interface Scale {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly steps: boolean;
  readonly colour: string;
}

function polyline(points: Series['points'], { x, y, steps, colour }: Scale): string {
  const corners = points.flatMap(([px, py], index) => {
    const before = points[index - 1];
    const corner = `${round(x(px))},${round(y(py))}`;
    return steps && before !== undefined ? [`${round(x(px))},${round(y(before[1]))}`, corner] : [corner];
  });
  return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${corners.join(' ')}"/>`;
}

function legend(series: readonly Series[]): string[] {
  let left = margin.left;
  return series.flatMap(({ name }, index) => {
    const swatch = `<rect x="${left}" y="32" width="14" height="4" fill="${colourOf(index)}"/>`;
    const label = text(left + 20, 38, name, 'start');
    left += 40 + name.length * 7;
    return [swatch, label];
  });
}

function horizontal(at: number, label: string): string {
  const line = `<line x1="${margin.left}" x2="${width - margin.right}" y1="${round(at)}" y2="${round(at)}" stroke="${grey}" stroke-opacity="0.3"/>`;
  return line + text(margin.left - 8, round(at) + 4, label, 'end');
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end', more = ''): string {
  const attributes = `x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="${grey}"${more && ` ${more}`}`;
  return `<text ${attributes}>${escape(content)}</text>`;
}

const parts = 4;

/** The next round number that a quarter of looks well. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const found = [1, 1.2, 1.6, 2, 3, 4, 6, 8, 10].find((step) => step * power >= value) ?? 10;
  return found * power;
}

function ticks(top: number): number[] {
  return Array.from({ length: parts + 1 }, (_, part) => Math.round((top / parts) * part * 100) / 100);
}

function colourOf(index: number): string {
  return colours[index % colours.length] ?? grey;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
