import shim from './index.js';

export const { serve, TunnelServer } = shim;
export default shim;
