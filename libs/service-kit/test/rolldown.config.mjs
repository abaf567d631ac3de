import app from '../../../rolldown.preset.mjs';

const { output, ...options } = app({ input: 'test/library-service.ts' });

/** Into the folder that the spec names. */
export default { ...options, output: { ...output, file: process.env.LIBRARY_SERVICE } };
