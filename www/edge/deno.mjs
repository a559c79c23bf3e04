// ALLOW='https://example.org/' deno run --allow-net --allow-env --allow-read deno.mjs

import { createHandler } from 'parqlet/edge';

const handler = createHandler({ allow: Deno.env.get('ALLOW').split(' '), cors: '*' });
Deno.serve({ hostname: '127.0.0.1', port: Number(Deno.env.get('PORT') ?? 8080) }, (request) => handler(request));
