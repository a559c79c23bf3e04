/** What `import 'parqlet/edge'` is in Node, Deno and Bun. */

import { setLoader } from '../module/index.js';
import { load } from '../module/node.js';

export * from '../edge/index.js';

setLoader(load);
