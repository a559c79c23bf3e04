/** A placeholder. */

export * from '../index.js';
