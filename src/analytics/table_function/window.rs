//! The windows of the `…_TUMBLING` functions: so many seconds each, aligned to the epoch.

use std::ops::Range;

use arrow::array::TimestampMillisecondArray;

use crate::analytics::codec::{Corrupt, Reader, Writer};

/// Which window is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TumblingWindow {
    millis: i64,
    /// The end of the window that has rows, which is not part of it.
    end: Option<i64>,
}

impl TumblingWindow {
    pub(super) fn new(seconds: i64) -> Self {
        Self { millis: seconds * 1_000, end: None }
    }

    /// Close the open window if no row from `time` on can be in it; gives its end.
    pub(super) fn close(&mut self, time: i64) -> Option<i64> {
        self.end.take_if(|end| time >= *end)
    }

    /// Open the window of a row, unless it is open.
    fn open(&mut self, time: i64) -> i64 {
        *self.end.get_or_insert_with(|| (time.div_euclid(self.millis) + 1) * self.millis)
    }

    /// The next run of rows, from `start` on, that are in one window, which is opened; the one before must be closed.
    pub(super) fn run(&mut self, rowtime: &TimestampMillisecondArray, start: usize) -> Range<usize> {
        let times = &rowtime.values()[start..];
        let end = times.first().map_or(i64::MAX, |time| self.open(*time));
        start..start + times.partition_point(|time| *time < end)
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.u32(u32::from(self.end.is_some()));
        out.i64(self.end.unwrap_or(0));
    }

    pub(super) fn read(&mut self, input: &mut Reader<'_>) -> Result<(), Corrupt> {
        let is_open = input.u32()? == 1;
        let end = input.i64()?;
        self.end = is_open.then_some(end);
        Ok(())
    }
}
