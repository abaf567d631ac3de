import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { formatTopology } from './format-topology.js';
import { parseTopology } from './parse-topology.js';

const README = readFileSync(new URL('./README.md', import.meta.url), 'utf8');
const EXAMPLES = [...README.matchAll(/^```jsonc\n(.*?)^```$/gms)].map(([, example = '']) => example);

describe('the page about topology files', () => {
  it('has examples that work', () => {
    expect(EXAMPLES).toHaveLength(2);
    for (const example of EXAMPLES) {
      const topology = parseTopology(example);
      expect(topology.topics[0]?.name).toBe('events');
      expect(parseTopology(formatTopology(topology))).toEqual(topology);
    }
  });
});
