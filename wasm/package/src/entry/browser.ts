/** What `import 'parqlet'` is in browsers. */

import { setLoader } from '../module/index.js';
import { load } from '../module/browser.js';
import { setVia } from '../open.js';

export * from '../index.js';

setLoader(load);
setVia(() => import('../via/index.js'));
