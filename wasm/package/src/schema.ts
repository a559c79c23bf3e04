// The public schema: what columns a file has, in plain objects.

/** The columns of a file, in file order. */
export interface Schema {
  readonly fields: readonly Field[];
  /** What the file's Arrow schema says about itself, such as `pandas`. Not the file's key-value metadata. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** A column, or a part of a nested one. */
export interface Field {
  readonly name: string;
  /** Arrow's type as text: `int64`, `decimal128(10, 2)`, `timestamp[us, UTC]`, `list<item: int32>`; see VALUES.md. */
  readonly type: string;
  /** Whether values may be null. */
  readonly nullable: boolean;
  /** The members of a struct, the item of a list, key and value of a map; absent for any other type. */
  readonly children?: readonly Field[];
  /** Arrow's metadata of the field. `ARROW:extension:name` names a logical type, such as `arrow.uuid`. */
  readonly metadata: ReadonlyMap<string, string>;
}
