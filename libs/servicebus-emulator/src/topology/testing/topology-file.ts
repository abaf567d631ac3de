import { parseTopology } from '../parse-topology.js';
import { TopologyError } from '../topology.js';

/** A file with this namespace. */
export function file(namespace: unknown): string {
  return JSON.stringify({ UserConfig: { Namespaces: [namespace] } });
}

/** The mistakes of a text, as `path: message`. */
export function problemsOf(text: string): readonly string[] {
  try {
    parseTopology(text);
  } catch (error) {
    if (error instanceof TopologyError) {
      return error.problems.map(({ path, message }) => `${path}: ${message}`);
    }
    throw error;
  }
  return [];
}
