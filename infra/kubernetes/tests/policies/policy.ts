import type { Manifest } from '../manifests.ts';

/** A rule that the manifests must obey; answers what is wrong, in words that name the manifest. */
export type Policy = (manifests: readonly Manifest[]) => readonly string[];

export const when = (wrong: boolean, problem: string): readonly string[] => (wrong ? [problem] : []);
