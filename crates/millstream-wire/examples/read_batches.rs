//! Measures reading record batches: ten million records of 100 bytes, in batches of about 16 KiB and responses of about
//! 1 MiB, copied into chunks of 1000. Run it with `cargo run --release -p millstream-wire --example read_batches`.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "it measures time, and prints it")]

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use millstream_log::ChunkBuilder;
use millstream_types::{Offset, TopicPartition};
use millstream_wire::batch::Batches;

const BATCHES_PER_RESPONSE: usize = 64;
const RECORDS_PER_BATCH: usize = 150;
const RECORDS_PER_RESPONSE: usize = BATCHES_PER_RESPONSE * RECORDS_PER_BATCH;
const RECORDS: usize = 10_000_000;
const CHUNK_RECORDS: usize = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    let response: Vec<u8> = (0..BATCHES_PER_RESPONSE).flat_map(|index| batch(index * RECORDS_PER_BATCH)).collect();
    let mut times = Vec::new();
    for _ in 0..RECORDS.div_ceil(RECORDS_PER_RESPONSE) {
        times.push(read(response.clone())?.as_secs_f64() * 1e9 / RECORDS_PER_RESPONSE as f64);
    }
    times.sort_by(f64::total_cmp);
    println!("{:.1} ns a record in the best response, {:.1} ns in the middle one", times[0], times[times.len() / 2]);
    Ok(())
}

fn read(response: Vec<u8>) -> Result<Duration, Box<dyn Error>> {
    let partition = TopicPartition::new("t", 0);
    let begun = Instant::now();
    let mut batches = Batches::new(response, Offset::ZERO, Vec::new())?;
    let mut records = 0;
    while !batches.is_empty() {
        let mut chunk = ChunkBuilder::with_capacity(CHUNK_RECORDS, CHUNK_RECORDS * 110);
        batches.read(CHUNK_RECORDS, &mut chunk)?;
        records += chunk.len();
        black_box(chunk.finish(partition.clone(), batches.position(), batches.next_offset()));
    }
    let time = begun.elapsed();
    assert_eq!(records, RECORDS_PER_RESPONSE);
    Ok(time)
}

/// A plain batch, written straight from the layout: keys of 8 bytes, values of 92.
fn batch(base_offset: usize) -> Vec<u8> {
    let mut checked = Vec::new();
    checked.extend([0; 2]);
    checked.extend((RECORDS_PER_BATCH as i32 - 1).to_be_bytes());
    checked.extend([1_700_000_000_000i64.to_be_bytes(); 2].concat());
    checked.extend([0xff; 14]);
    checked.extend((RECORDS_PER_BATCH as i32).to_be_bytes());
    for index in 0..RECORDS_PER_BATCH {
        let mut body = vec![0];
        for delta in [index / 10, index] {
            put_varint(&mut body, delta);
        }
        for part in [&(base_offset + index).to_be_bytes()[..], &[7; 92]] {
            put_varint(&mut body, part.len());
            body.extend(part);
        }
        body.push(0);
        put_varint(&mut checked, body.len());
        checked.extend(body);
    }
    let mut bytes = (base_offset as i64).to_be_bytes().to_vec();
    bytes.extend((checked.len() as i32 + 9).to_be_bytes());
    bytes.extend([0, 0, 0, 1, 2]);
    bytes.extend(crc32c::crc32c(&checked).to_be_bytes());
    bytes.extend(checked);
    bytes
}

fn put_varint(bytes: &mut Vec<u8>, number: usize) {
    let mut folded = number << 1;
    while folded >= 0x80 {
        bytes.push(folded as u8 | 0x80);
        folded >>= 7;
    }
    bytes.push(folded as u8);
}
