/** What `import 'parqlet'` is in edge runtimes. */

import { setLoader } from '../module/index.js';
import { load } from '../module/workerd.js';
import { setVia } from '../open.js';

export * from '../index.js';

setLoader(load);
setVia(() => import('../via/index.js'));
