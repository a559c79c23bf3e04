/** What `import 'parqlet/edge'` is in edge runtimes. */

import { setLoader } from '../module/index.js';
import { load } from '../module/workerd.js';

export * from '../edge/index.js';

setLoader(load);
