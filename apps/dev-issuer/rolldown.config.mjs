import app from '../../rolldown.preset.mjs';

export default app();
