import shim from './index.js';

export const { serve, sidecarResource, TunnelServer } = shim;
export default shim;
