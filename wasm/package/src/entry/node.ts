/** What `import 'parqlet'` is in Node, Deno and Bun. */

import { setLoader } from '../module/index.js';
import { load } from '../module/node.js';

export * from '../index.js';

setLoader(load);
