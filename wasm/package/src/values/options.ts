/** How values look in JavaScript where there is more than one good way. Each default loses nothing but as said. */
export interface ValueOptions {
  /**
   * 64-bit integers. `bigint`: always a bigint, so that a column has one type. `number`: a number where it is exact
   * (up to 2^53 - 1 either way), a bigint for what is beyond. Default `bigint`.
   */
  int64?: 'bigint' | 'number';
  /**
   * Timestamps. `date`: a Date, cut down to whole milliseconds, invalid beyond the years -271821 to 275760.
   * `nanoseconds`: exact, a bigint of nanoseconds since 1970-01-01 whatever unit the file has. Default `date`.
   */
  timestamps?: 'date' | 'nanoseconds';
  /** Maps. `pairs`: an array of `[key, value]`, repeated keys and all. `map`: a Map. Default `pairs`. */
  maps?: 'pairs' | 'map';
  /** Columns annotated as JSON. `text`: as it is. `parsed`: by JSON.parse, text where that fails. Default `text`. */
  json?: 'text' | 'parsed';
}
