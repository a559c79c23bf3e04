"""One module a peer: `read(ask)` gives the rows, `footer(ask)` the names of the columns and the number of rows.

`ask` has `urls` (or paths on disk), `columns` (None for all), `s3` (host and port of the same server, and its bucket, for
readers without HTTP) and `threads`.
"""
