//! Records of a stream: taken apart, transformed, partitioned, buffered.
//!
//! The order of the steps is the service's. A record that a step cannot take goes into an error object, with the record as
//! it was given; the others go on.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::buffer::{Content, Kind, Slot};
use super::config::Format;
use super::delivery::Delivery;
use super::error_record::{ErrorOutputType, ErrorRecord};
use super::partitioning::PartitionValues;
use super::record::{Fault, SourceRecord};
use super::transform::{Input, Transform, Transformed, transform};
use super::{Error, Result};
use crate::time::Timestamp;

/// Most bytes of all open objects: beyond, the largest is finished early.
const OPEN_BYTES: u64 = 512 << 20;

/// What is done to records besides splitting and partitioning.
#[derive(Default)]
pub struct Steps {
    /// The transformation.
    pub transform: Option<Box<dyn Transform>>,
    /// The stream that the records are from, if they are.
    pub stream: Option<String>,
}

/// A record between the steps.
struct Item<'a> {
    data: Bytes,
    origin: &'a SourceRecord,
    /// Its place in a record that held several.
    sub: Option<u64>,
    /// Keys that the transformation told.
    told: Vec<(String, String)>,
}

/// Records that could not be processed.
#[derive(Default)]
struct Faults(BTreeMap<ErrorOutputType, Vec<ErrorRecord>>);

impl Faults {
    fn push(&mut self, kind: ErrorOutputType, origin: &SourceRecord, sub: Option<u64>, fault: Fault, now: Timestamp) {
        self.0.entry(kind).or_default().push(ErrorRecord {
            attempts_made: fault.attempts,
            arrival: origin.arrival,
            error_code: fault.code.to_owned(),
            error_message: fault.message,
            attempt_ending: now,
            raw_data: origin.data.to_vec(),
            sequence_number: origin.place.as_ref().map(|place| place.sequence_number.clone()),
            sub_sequence_number: sub.or_else(|| origin.place.as_ref()?.sub_sequence_number),
            catalog_table: None,
        });
    }
}

impl Delivery {
    /// The delivery with steps for records.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for Parquet, whose columns records do not have.
    pub fn with_steps(mut self, steps: Steps) -> Result<Self> {
        if self.plan.format == Format::Parquet {
            let reason = "records are delivered as they are, which Parquet cannot hold\nhint: leave out `format`, or let \
                          an application deliver its rows";
            let (delivery, reason) = (self.name().to_owned(), reason.to_owned());
            return Err(Error::InvalidOption { delivery, option: "format", reason });
        }
        self.steps = steps;
        Ok(self)
    }

    /// Take records, in the order of their arrival; `now` is when.
    ///
    /// # Errors
    /// As [`Sink::write`](super::Sink::write).
    pub(super) fn write_records(&mut self, records: &[SourceRecord], now: Timestamp) -> Result<()> {
        self.start()?;
        self.stage_sealed()?;
        let mut faults = Faults::default();
        let items = self.split(records, now, &mut faults);
        let items = self.transform(items, now, &mut faults);
        for (partition, items) in self.partition(items, now, &mut faults) {
            let slot = Slot { kind: Kind::Records, partition };
            if self.make_room(&slot) {
                self.append_items(&slot, &items);
            } else {
                for item in items {
                    let message = format!("more than {} partitions are open", self.plan.most_active);
                    let fault = Fault::new("DynamicPartitioning.ActivePartitionLimitExceeded", message);
                    faults.push(ErrorOutputType::ActivePartitionExceeded, item.origin, item.sub, fault, now);
                }
            }
            self.finish_largest();
        }
        for (kind, records) in &faults.0 {
            self.append_errors(*kind, records);
        }
        self.records += records.len() as u64;
        self.stage_what_can_be();
        Ok(())
    }

    fn split<'a>(&self, records: &'a [SourceRecord], now: Timestamp, faults: &mut Faults) -> Vec<Item<'a>> {
        let item = |origin: &'a SourceRecord, data: Bytes, sub| Item { data, origin, sub, told: Vec::new() };
        let Some(split) = &self.plan.split else {
            return records.iter().map(|record| item(record, record.data.clone(), None)).collect();
        };
        let mut items = Vec::with_capacity(records.len());
        for record in records {
            match split.split(&record.data) {
                Ok(parts) => items.extend((0..).zip(parts).map(|(sub, data)| item(record, data, Some(sub)))),
                Err(fault) => faults.push(ErrorOutputType::ProcessingFailed, record, None, fault, now),
            }
        }
        items
    }

    fn transform<'a>(&mut self, items: Vec<Item<'a>>, now: Timestamp, faults: &mut Faults) -> Vec<Item<'a>> {
        let Some(function) = &mut self.steps.transform else { return items };
        let inputs: Vec<Input<'_>> = items
            .iter()
            .map(|item| Input {
                data: &item.data,
                arrival: item.origin.arrival,
                place: item.origin.place.as_ref(),
                sub: item.sub,
            })
            .collect();
        let names = (self.plan.naming.delivery.as_str(), self.steps.stream.as_deref());
        let results = transform(function.as_mut(), names, &inputs);
        let mut kept = Vec::with_capacity(items.len());
        for (item, result) in items.into_iter().zip(results) {
            match result {
                Ok(Transformed::Ok { data, keys }) => kept.push(Item { data, told: keys, ..item }),
                Ok(Transformed::Dropped) => {}
                Err(fault) => faults.push(ErrorOutputType::ProcessingFailed, item.origin, item.sub, fault, now),
            }
        }
        kept
    }

    fn partition<'a>(
        &self,
        items: Vec<Item<'a>>,
        now: Timestamp,
        faults: &mut Faults,
    ) -> BTreeMap<PartitionValues, Vec<Item<'a>>> {
        let Some(partitioner) = &self.plan.partitioner else {
            return if items.is_empty() {
                BTreeMap::new()
            } else {
                BTreeMap::from([(PartitionValues::default(), items)])
            };
        };
        let mut groups: BTreeMap<PartitionValues, Vec<Item<'a>>> = BTreeMap::new();
        for item in items {
            match partitioner.values(&item.data, &item.told) {
                Ok(partition) => groups.entry(partition).or_default().push(item),
                Err(fault) => faults.push(ErrorOutputType::ProcessingFailed, item.origin, item.sub, fault, now),
            }
        }
        groups
    }

    /// Whether records of `slot` can be taken, after finishing the object that was idle for longest if need be.
    fn make_room(&mut self, slot: &Slot) -> bool {
        let is_of_records = |slot: &Slot| slot.kind == Kind::Records;
        let active = self.open.keys().filter(|slot| is_of_records(slot)).count();
        if active < self.plan.most_active || self.open.contains_key(slot) {
            return true;
        }
        if self.plan.is_strict {
            return false;
        }
        let idle = self.open.iter().filter(|(slot, _)| is_of_records(slot)).min_by_key(|(_, buffer)| buffer.used);
        if let Some(idle) = idle.map(|(slot, _)| slot.clone()) {
            self.seal(&idle);
        }
        true
    }

    /// Finish the largest object when all together take too much memory.
    fn finish_largest(&mut self) {
        if self.open.len() < 2 || self.open.values().map(|buffer| buffer.head.bytes).sum::<u64>() <= OPEN_BYTES {
            return;
        }
        let largest = self.open.iter().max_by_key(|(_, buffer)| buffer.head.bytes);
        if let Some(largest) = largest.map(|(slot, _)| slot.clone()) {
            self.seal(&largest);
        }
    }

    /// Records as they are, one behind the other.
    fn append_items(&mut self, slot: &Slot, items: &[Item<'_>]) {
        let delimiter = std::mem::take(&mut self.plan.delimiter);
        let arrivals: Vec<i64> = items.iter().map(|item| item.origin.arrival.millis()).collect();
        let mut from = 0;
        while from < items.len() {
            let to = self.chunk_end(slot, &arrivals, from);
            for item in items.get(from..to).unwrap_or_default() {
                let buffer = self.buffer(slot, item.origin.arrival);
                if let Content::Text(bytes) = &mut buffer.content {
                    bytes.extend_from_slice(&item.data);
                    bytes.extend_from_slice(&delimiter);
                }
                buffer.count_text(1);
                self.seal_if_full(slot);
            }
            from = to;
        }
        self.plan.delimiter = delimiter;
    }
}
