/** What `import 'parqlet/edge'` is in service workers. */

import { setLoader } from '../module/index.js';
import { load } from '../module/browser.js';

export * from '../edge/index.js';

setLoader(load);
