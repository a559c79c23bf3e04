// Cloudflare Workers: `npx wrangler deploy`. What may be read is said in wrangler.jsonc.

import { createHandler } from 'parqlet/edge';

let handler;

export default {
  fetch(request, env, context) {
    handler ??= createHandler({ allow: env.ALLOW.split(' '), cors: '*' });
    return handler(request, env, context);
  },
};
