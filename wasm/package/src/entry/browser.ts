/** What `import 'parqlet'` is in browsers. */

import { setLoader } from '../module/index.js';
import { load } from '../module/browser.js';

export * from '../index.js';

setLoader(load);
