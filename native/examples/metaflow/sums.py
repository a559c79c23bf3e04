"""What the flows want to know: rides and their fares by city, in whole cents, so that no order of adding matters."""

import pyarrow as pa
import pyarrow.compute as pc


def by_city(table):
    """Rides and cents of a table of rides."""
    cents = pc.cast(pc.round(pc.multiply(pc.cast(table["fare"], pa.float64()), 100)), pa.int64())
    rides = pa.table({"city": pc.cast(table["city"], pa.string()), "rides": [1] * len(table), "cents": cents})
    return added(rides)


def together(parts):
    """The same of parts that were summed up before."""
    return added(pa.concat_tables(parts))


def added(table):
    sums = table.group_by("city").aggregate([("rides", "sum"), ("cents", "sum")]).sort_by("city")
    return sums.rename_columns(["city", "rides", "cents"])
