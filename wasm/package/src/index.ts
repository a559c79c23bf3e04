/** A placeholder: what the bindings are. */

export { instantiate } from './glue.js';
