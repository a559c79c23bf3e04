//! The log of a ride service.

#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "all values are drawn from small ranges")]

use std::sync::Arc;

use arrow_array::builder::{Int32Builder, ListBuilder, StringBuilder};
use arrow_array::types::{Float64Type, Int32Type};
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int32Array, Int64Array,
    PrimitiveArray, StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef, TimeUnit};

use super::numbers::Numbers;
use super::{Rows, dice, words};

/// Columns of its own.
pub(super) const COLUMNS: usize = 30;

/// 2024-01-01T00:00:00Z in microseconds.
const EPOCH: i64 = 1_704_067_200_000_000;
const DAY: i64 = 86_400_000_000;
const ZONES: usize = 265;

/// Where the log is: the next row and the moment of its pickup.
pub(super) struct Rides {
    row: i64,
    now: i64,
    dice: Vec<fastrand::Rng>,
    extra: Numbers,
    columns: usize,
}

impl Rides {
    pub(super) fn new(seed: u64, columns: usize) -> Self {
        let names = (COLUMNS..columns).map(|column| format!("metric_{:04}", column + 1));
        Self {
            row: 0,
            now: EPOCH,
            dice: (0..DICE).map(|column| dice(seed, column)).collect(),
            extra: Numbers::new(seed ^ 0xE87A, names),
            columns,
        }
    }

    pub(super) fn schema(&self) -> SchemaRef {
        let mut fields = own_fields();
        fields.extend(self.extra.fields());
        fields.truncate(self.columns);
        Arc::new(Schema::new(fields))
    }

    /// One drawing a row from the dice of that number.
    fn draw<T>(&mut self, which: usize, rows: usize, draw: impl Fn(&mut fastrand::Rng) -> T) -> Vec<T> {
        let Some(dice) = self.dice.get_mut(which) else {
            return Vec::new();
        };
        (0..rows).map(|_| draw(dice)).collect()
    }

    fn words(&mut self, which: usize, rows: usize, from: &[&'static str]) -> ArrayRef {
        Arc::new(StringArray::from_iter_values(self.draw(which, rows, |dice| skewed_word(dice, from))))
    }

    /// A place: a zone and a point near its middle.
    fn place(&mut self, which: usize, rows: usize) -> ArrayRef {
        let points = self.draw(which, rows, |dice| {
            let zone = skewed(dice, ZONES);
            let near = |middle: f64, dice: &mut fastrand::Rng| round(middle + (dice.f64() - 0.5) * 0.01, 1e6);
            let lat = near(40.5 + (zone / 20) as f64 * 0.03, dice);
            let lon = near(-74.2 + (zone % 20) as f64 * 0.02, dice);
            (lat, lon, zone)
        });
        let lat = Float64Array::from_iter_values(points.iter().map(|point| point.0));
        let lon = Float64Array::from_iter_values(points.iter().map(|point| point.1));
        let zone = StringArray::from_iter_values(points.iter().map(|point| format!("Zone {:03}", point.2)));
        Arc::new(StructArray::new(place_fields(), vec![Arc::new(lat), Arc::new(lon), Arc::new(zone)], None))
    }

    fn notes(&mut self, which: usize, rows: usize) -> ArrayRef {
        let mut notes = StringBuilder::new();
        let mut text = String::new();
        for _ in 0..rows {
            let Some(dice) = self.dice.get_mut(which) else {
                break;
            };
            if dice.f64() < 0.75 {
                notes.append_null();
                continue;
            }
            text.clear();
            for word in 0..dice.usize(3..14) {
                if word > 0 {
                    text.push(' ');
                }
                text.push_str(dice.choice(words::NOTE_WORDS).unwrap_or(&""));
            }
            notes.append_value(&text);
        }
        Arc::new(notes.finish())
    }

    fn stops(&mut self, which: usize, rows: usize) -> ArrayRef {
        let element = Field::new_list_field(DataType::Int32, false);
        let mut stops = ListBuilder::new(Int32Builder::new()).with_field(element);
        for zones in self.draw(which, rows, |dice| {
            let count = dice.usize(0..8).saturating_sub(4);
            (0..count).map(|_| skewed(dice, ZONES) as i32).collect::<Vec<_>>()
        }) {
            stops.values().append_slice(&zones);
            stops.append(true);
        }
        Arc::new(stops.finish())
    }
}

/// Dice in use: one a column and two more for the clock and whether a tip is given.
const DICE: usize = COLUMNS + 2;
const CLOCK: usize = COLUMNS;
const TIPPING: usize = COLUMNS + 1;

impl Rows for Rides {
    fn next(&mut self, rows: usize) -> Result<Vec<ArrayRef>, ArrowError> {
        let ids = self.row..self.row + rows as i64;
        self.row = ids.end;
        let pickup_at: Vec<i64> = self
            .draw(CLOCK, rows, |dice| dice.i64(0..40_000) * 1_000)
            .into_iter()
            .map(|gap| {
                self.now += gap;
                self.now
            })
            .collect();
        let distance = self.draw(9, rows, |dice| round(0.4 + 32.0 * dice.f64().powi(3), 1e2));
        let pace = self.draw(10, rows, |dice| 80.0 + 90.0 * dice.f64());
        let duration: Vec<i32> = distance.iter().zip(&pace).map(|(km, pace)| 60 + (km * pace) as i32).collect();
        let dropoff_at = pickup_at.iter().zip(&duration).map(|(at, took)| at + i64::from(*took) * 1_000_000);
        let fare: Vec<f64> = distance
            .iter()
            .zip(&duration)
            .map(|(km, took)| round(2.5 + 1.8 * km + 0.005 * f64::from(*took), 1e2))
            .collect();
        let payment = self.draw(17, rows, |dice| skewed_word(dice, words::PAYMENTS));
        let share = self.draw(TIPPING, rows, |dice| f64::from(dice.u8(0..5)) * 0.05);
        let tip: Vec<Option<f64>> = fare
            .iter()
            .zip(payment.iter().zip(&share))
            .map(|(fare, (payment, share))| (*payment != "cash").then(|| round(fare * share, 1e2)))
            .collect();
        let tolls = self.draw(13, rows, |dice| if dice.f64() < 0.05 { 6.55 } else { 0.0 });
        let surcharge = self.draw(14, rows, |dice| f32::from(dice.u8(0..4)) * 0.5);
        let tax: Vec<i128> = fare.iter().map(|fare| (fare * 8.875).round() as i128).collect();
        let mut total = Vec::with_capacity(rows);
        for ((((fare, tip), tolls), surcharge), tax) in fare.iter().zip(&tip).zip(&tolls).zip(&surcharge).zip(&tax) {
            let sum = fare + tip.unwrap_or(0.0) + tolls + f64::from(*surcharge) + *tax as f64 / 100.0;
            total.push(round(sum, 1e2));
        }
        let day = pickup_at.iter().map(|at| at.div_euclid(DAY) as i32);
        let rating = self.draw(19, rows, |dice| (dice.f64() < 0.4).then(|| 5 - skewed(dice, 5) as i32));
        let promo = self.draw(20, rows, |dice| (dice.f64() < 0.08).then(|| format!("SAVE{}", dice.u16(100..160))));
        let airport = self.draw(22, rows, |dice| (dice.f64() < 0.9).then(|| dice.f64() < 0.1));
        let device =
            self.draw(24, rows, |dice| format!("{:016x}", dice.u64(0..200_000).wrapping_mul(0x9E37_79B9_7F4A_7C15)));

        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from_iter_values(ids.map(|row| 1_000_000 + row))),
            Arc::new(TimestampMicrosecondArray::from(pickup_at.clone()).with_timezone("UTC")),
            Arc::new(TimestampMicrosecondArray::from_iter_values(dropoff_at).with_timezone("UTC")),
            Arc::new(Date32Array::from_iter_values(day)),
            self.words(4, rows, words::VENDORS),
            self.words(5, rows, words::CITIES),
            Arc::new(Int64Array::from(self.draw(6, rows, |dice| dice.i64(10_000..30_000)))),
            Arc::new(Int64Array::from(self.draw(7, rows, |dice| dice.i64(1_000_000..3_000_000)))),
            Arc::new(Int32Array::from(self.draw(8, rows, |dice| 1 + skewed(dice, 6) as i32))),
            Arc::new(Float64Array::from(distance)),
            Arc::new(Int32Array::from(duration)),
            Arc::new(Float64Array::from(fare)),
            Arc::new(PrimitiveArray::<Float64Type>::from(tip)),
            Arc::new(Float64Array::from(tolls)),
            Arc::new(Float32Array::from(surcharge)),
            Arc::new(Decimal128Array::from(tax).with_precision_and_scale(10, 2)?),
            Arc::new(Float64Array::from(total)),
            Arc::new(StringArray::from(payment)),
            self.words(18, rows, words::STATUSES),
            Arc::new(PrimitiveArray::<Int32Type>::from(rating)),
            Arc::new(StringArray::from(promo)),
            Arc::new(BooleanArray::from(self.draw(21, rows, |dice| dice.f64() < 0.2))),
            Arc::new(BooleanArray::from(airport)),
            Arc::new(Float32Array::from(self.draw(23, rows, |dice| 1.0 + skewed(dice, 20) as f32 * 0.1))),
            Arc::new(StringArray::from(device)),
            self.words(25, rows, words::VERSIONS),
            self.notes(26, rows),
            self.place(27, rows),
            self.place(28, rows),
            self.stops(29, rows),
        ];
        columns.extend(self.extra.next(rows)?);
        columns.truncate(self.columns);
        Ok(columns)
    }
}

/// Small numbers more often than large ones.
fn skewed(dice: &mut fastrand::Rng, below: usize) -> usize {
    ((dice.f64().powi(2) * below as f64) as usize).min(below.saturating_sub(1))
}

fn skewed_word(dice: &mut fastrand::Rng, from: &[&'static str]) -> &'static str {
    from.get(skewed(dice, from.len())).copied().unwrap_or("")
}

/// Real amounts and coordinates have few digits; it also lets dictionaries and codecs do their work.
fn round(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

fn place_fields() -> Fields {
    Fields::from(vec![
        Field::new("lat", DataType::Float64, false),
        Field::new("lon", DataType::Float64, false),
        Field::new("zone", DataType::Utf8, false),
    ])
}

fn own_fields() -> Vec<Field> {
    use DataType::{Boolean, Date32, Decimal128, Float32, Float64, Int32, Int64, List, Struct, Timestamp, Utf8};
    let moment = || Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let stops = List(Arc::new(Field::new_list_field(Int32, false)));
    let fields = [
        ("ride_id", Int64, false),
        ("pickup_at", moment(), false),
        ("dropoff_at", moment(), false),
        ("day", Date32, false),
        ("vendor", Utf8, false),
        ("city", Utf8, false),
        ("driver_id", Int64, false),
        ("rider_id", Int64, false),
        ("passengers", Int32, false),
        ("distance_km", Float64, false),
        ("duration_s", Int32, false),
        ("fare", Float64, false),
        ("tip", Float64, true),
        ("tolls", Float64, false),
        ("surcharge", Float32, false),
        ("tax", Decimal128(10, 2), false),
        ("total", Float64, false),
        ("payment_type", Utf8, false),
        ("status", Utf8, false),
        ("rating", Int32, true),
        ("promo_code", Utf8, true),
        ("shared_ride", Boolean, false),
        ("to_airport", Boolean, true),
        ("surge", Float32, false),
        ("device_id", Utf8, false),
        ("app_version", Utf8, false),
        ("note", Utf8, true),
        ("pickup", Struct(place_fields()), false),
        ("dropoff", Struct(place_fields()), false),
        ("stops", stops, false),
    ];
    fields.into_iter().map(|(name, kind, nullable)| Field::new(name, kind, nullable)).collect()
}
