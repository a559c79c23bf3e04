/** `parqlet/preview`: importing it makes `<parqlet-preview>` known to the page. */

import { ParqletPreview } from './element.js';

export { ParqletPreview, type PreviewEvents } from './element.js';
export type { PreviewFile } from './opener.js';
export { ParqletError, type ErrorCode, type ErrorFacts } from '../error.js';
export { init, type ModuleSource } from '../module/index.js';

declare global {
  interface HTMLElementTagNameMap {
    'parqlet-preview': ParqletPreview;
  }
}

const registry = (globalThis as { customElements?: CustomElementRegistry }).customElements;
// Two copies of the package on a page: the first counts.
if (registry !== undefined && registry.get('parqlet-preview') === undefined) {
  registry.define('parqlet-preview', ParqletPreview);
}
