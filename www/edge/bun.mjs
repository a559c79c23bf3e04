// ALLOW='https://example.org/' bun bun.mjs

import { createHandler } from 'parqlet/edge';

const fetch = createHandler({ allow: process.env.ALLOW.split(' '), cors: '*' });
// Bun's own patience of 10 s is less than what a slow file may take.
const server = Bun.serve({ hostname: '127.0.0.1', port: process.env.PORT ?? 8080, fetch, idleTimeout: 60 });
console.log(`Listening on ${server.url}`);
