/** What `import 'parqlet'` is in edge runtimes. */

import { setLoader } from '../module/index.js';
import { load } from '../module/workerd.js';

export * from '../index.js';

setLoader(load);
