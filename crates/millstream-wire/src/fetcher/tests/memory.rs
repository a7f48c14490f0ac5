//! Buffered records are limited in bytes, counted after decompression.

use millstream_log::Chunk;

use super::*;
use crate::batch::BatchError;
use crate::batch::testing::{TestBatch, TestCodec, TestRecord};
use crate::testing::TestPartition;

const RECORD_BYTES: usize = 256 << 10;
const MIB: usize = 1 << 20;

/// A batch of `count` records of 256 KiB each, which are compressed to some hundred bytes.
fn bomb(codec: TestCodec, base_offset: i64, count: i32) -> TestBatch {
    let value = "0".repeat(RECORD_BYTES);
    let records = (0..count).map(|number| TestRecord::new(number, "", &value)).collect();
    TestBatch { codec, ..TestBatch::new(base_offset, records) }
}

/// A partition of such batches with eight records each.
fn bombs(codec: TestCodec, batches: i64) -> TestPartition {
    let mut partition = TestPartition::new(1);
    (0..batches).for_each(|number| partition.push(&bomb(codec, number * 8, 8)));
    partition
}

/// Reads and keeps the chunks until they have `bytes_min`, and for a while after. Returns their bytes and the chunks.
fn hoard(cluster: &TestCluster, settings: FetchSettings, partitions: u32, bytes_min: usize) -> (usize, Vec<Chunk>) {
    let signal = Signal::new();
    let mut fetcher = Fetcher::new(FetchSettings { client: cluster.client(), ..settings }, &signal);
    (0..partitions).for_each(|number| fetcher.assign(partition(number), Offset::ZERO, Offset::new(80)));
    let (mut chunks, mut events) = (Vec::new(), Vec::new());
    let (begin, held) = (Instant::now(), |chunks: &[Chunk]| chunks.iter().map(Chunk::buffer_bytes).sum::<usize>());
    let mut enough_since = None;
    while enough_since.is_none_or(|since: Instant| since.elapsed() < IDLE) {
        assert!(begin.elapsed() < PATIENCE, "it stops at {} bytes", held(&chunks));
        if held(&chunks) >= bytes_min {
            enough_since.get_or_insert_with(Instant::now);
        }
        fetcher.poll(MonotonicTime::START, &mut |_| true, &mut events);
        for event in events.drain(..) {
            match event {
                FetchEvent::Chunk(chunk) => chunks.push(chunk),
                other => panic!("{other:?}"),
            }
        }
        signal.wait(Duration::from_millis(1));
    }
    (held(&chunks), chunks)
}

#[test]
fn records_that_are_held_stop_the_reader_by_their_decompressed_bytes() {
    for codec in [TestCodec::Gzip, TestCodec::SnappyXerial, TestCodec::Lz4, TestCodec::Zstd] {
        let cluster = TestCluster::start(1).with([bombs(codec, 10)]);
        let settings = FetchSettings { partition_buffer_bytes_max: 4 * MIB, ..settings() };
        let (held, chunks) = hoard(&cluster, settings, 1, 4 * MIB);
        assert!(held < 6 * MIB, "{codec:?}: {held} bytes of 20 MiB");
        assert!(chunks.iter().all(|chunk| chunk.buffer_bytes() < 2 * MIB), "{codec:?}: a chunk is as large as a batch");
    }
}

#[test]
fn all_partitions_together_have_a_bound_and_each_may_have_one_chunk() {
    let partitions = (0..4).map(|_| bombs(TestCodec::Lz4, 10));
    let cluster = TestCluster::start(1).with(partitions);
    let settings = FetchSettings { buffer_bytes_max: 3 * MIB, ..settings() };
    let (held, chunks) = hoard(&cluster, settings, 4, 4 * MIB);
    assert!(held < 8 * MIB, "{held} bytes of 80 MiB");
    for number in 0..4 {
        assert!(chunks.iter().any(|chunk| chunk.partition == partition(number)), "nothing of {number}");
    }
}

/// Twenty partitions with a batch of 50 MB each, in 50 kB of gzip, took 1.3 GB, whatever the limit: each kept its decompressed batch until
/// the last record of it was used.
#[test]
fn decompressed_batches_count_and_are_decompressed_again_where_there_is_no_room() {
    const PARTITIONS: u32 = 6;
    let cluster = TestCluster::start(1).with((0..PARTITIONS).map(|_| bombs(TestCodec::Lz4, 10)));
    let settings = FetchSettings { buffer_bytes_max: 3 * MIB, client: cluster.client(), ..settings() };
    let signal = Signal::new();
    let mut fetcher = Fetcher::new(settings, &signal);
    (0..PARTITIONS).for_each(|number| fetcher.assign(partition(number), Offset::ZERO, Offset::new(80)));
    let (mut next, mut most, mut events) = (BTreeMap::new(), 0, Vec::new());
    let begin = Instant::now();
    while next.values().sum::<i64>() < 80 * i64::from(PARTITIONS) {
        assert!(begin.elapsed() < PATIENCE, "it stops at {next:?}");
        fetcher.poll(MonotonicTime::START, &mut |_| true, &mut events);
        most = most.max(fetcher.waiting_bytes());
        for event in events.drain(..) {
            let FetchEvent::Chunk(chunk) = event else { panic!("{event:?}") };
            let next = next.entry(chunk.partition.clone()).or_insert(0);
            for record in chunk.iter() {
                assert_eq!(record.offset().number(), *next, "{}", chunk.partition);
                *next += 1;
            }
        }
        signal.wait(Duration::from_millis(1));
    }
    assert!(most < 4 * MIB, "{most} bytes waited, of which a batch has 2 MiB");
}

#[test]
fn what_is_dropped_makes_room_for_more() {
    let cluster = TestCluster::start(1).with([bombs(TestCodec::Lz4, 10)]);
    let settings = FetchSettings {
        partition_buffer_bytes_max: MIB,
        buffer_bytes_max: MIB,
        client: cluster.client(),
        ..settings()
    };
    let signal = Signal::new();
    let mut fetcher = Fetcher::new(settings, &signal);
    fetcher.assign(partition(0), Offset::ZERO, Offset::new(80));
    let (mut next, mut events, begin) = (0, Vec::new(), Instant::now());
    while next < 80 {
        assert!(begin.elapsed() < PATIENCE, "it stops at {next}");
        fetcher.poll(MonotonicTime::START, &mut |_| true, &mut events);
        for event in events.drain(..) {
            let FetchEvent::Chunk(chunk) = event else { panic!("{event:?}") };
            for record in chunk.iter() {
                assert_eq!(record.offset().number(), next);
                next += 1;
            }
        }
        signal.wait(Duration::from_millis(1));
    }
}

#[test]
fn a_batch_beyond_the_limit_halts_its_partition_before_it_is_made() {
    for codec in [TestCodec::Gzip, TestCodec::SnappyXerial, TestCodec::Lz4, TestCodec::Zstd] {
        let mut bombed = TestPartition::new(1).with(&[3]);
        bombed.push(&bomb(codec, 3, 8));
        let cluster = TestCluster::start(1).with([bombed]);
        let settings = FetchSettings { batch_bytes_max: MIB, ..settings() };
        let mut reader = Reader::with(&cluster, settings);
        reader.assign(0, 0, 11);
        let event = reader.until_event();
        let FetchEvent::Halted { offset, next, why, .. } = event else { panic!("{event:?}") };
        assert_eq!((offset.number(), next.map(Offset::number)), (3, Some(11)), "{codec:?}");
        assert!(matches!(why, Halt::Damaged(BatchError::TooLarge { bytes_max: MIB, .. })), "{codec:?}: {why:?}");
        reader.check_offsets(0, 0..3);
    }
}
