import type { ProcessEvent } from '../supervisor/process-spec.js';
import { readable } from '../tail/readable.js';

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** What happened to a process, as a person reads it. */
export function describeEvent(event: ProcessEvent): string {
  switch (event.kind) {
    case 'ready':
      return `${event.name} is ${event.restarts === 0 ? 'ready' : 'ready again'} (${seconds(event.tookMs)})`;
    case 'ended':
      return describeEnd(event);
    case 'stopped':
      return `${event.name} stopped (${seconds(event.tookMs)})`;
    case 'killed':
      return `${event.name} did not stop within ${seconds(event.afterMs)} and was killed`;
  }
}

function describeEnd(event: Extract<ProcessEvent, { kind: 'ended' }>): string {
  const { name, how, failures, restartInMs, lastLines, logFile } = event;
  const next = restartInMs === undefined ? 'given up' : `starting it again in ${seconds(restartInMs)}`;
  const times = failures === 1 ? '' : `, ${failures} times in a row`;
  const first = `${name} ended (${how}${times}): ${next}`;
  if (lastLines === undefined) return first;
  if (lastLines.length === 0) return `${first}; its log ${logFile} is empty`;
  return [`${first}. The end of ${logFile}:`, ...lastLines.map((line) => `    ${shortened(readable(line))}`)].join(
    '\n',
  );
}

const longestLine = 400;

function shortened(line: string): string {
  const text = line.length > longestLine ? `${line.slice(0, longestLine)}…` : line;
  return text.replaceAll('\n', '\n    ');
}
