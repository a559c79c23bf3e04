/** What `import 'parqlet'` is in Node, Deno and Bun. */

import { setLoader } from '../module/index.js';
import { load } from '../module/node.js';
import { setVia } from '../open.js';

export * from '../index.js';

setLoader(load);
setVia(() => import('../via/index.js'));
