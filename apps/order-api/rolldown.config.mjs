import { cp, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import app from '../../rolldown.preset.mjs';

const swaggerUi = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const assets = [
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'swagger-ui-standalone-preset.js',
  'favicon-16x16.png',
  'favicon-32x32.png',
];

/** Swagger UI serves files, which no bundle contains: they lie beside it. */
const copySwaggerUi = {
  name: 'copy-swagger-ui',
  async writeBundle({ file, dir = dirname(file) }) {
    const target = join(dir, 'swagger-ui');
    await mkdir(target, { recursive: true });
    await Promise.all(assets.map((asset) => cp(join(swaggerUi, asset), join(target, asset))));
  },
};

const config = app();

export default { ...config, plugins: [...config.plugins, copySwaggerUi] };
