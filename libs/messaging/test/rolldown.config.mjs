import app from '../../../rolldown.preset.mjs';

const { output, ...options } = app({ input: 'test/killed-writer.ts' });

/** Into the folder that the spec names. */
export default { ...options, output: { ...output, file: process.env.KILLED_WRITER } };
