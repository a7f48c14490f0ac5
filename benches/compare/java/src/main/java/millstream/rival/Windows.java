package millstream.rival;

import java.time.Duration;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.SlidingWindows;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.Suppressed.BufferConfig;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.kstream.WindowedSerdes;

/** Counts in windows, as in {@code topologies/windows.rs}. */
final class Windows {
    private static final Duration WINDOW = Duration.ofSeconds(10);
    private static final Duration CLOSING_WINDOW = Duration.ofSeconds(1);
    /**
     * The inactivity gap of sessions, and the length of sliding windows. They have as much grace: without any, whether a session that ended
     * exactly a gap ago is found depends on whether it is cached.
     */
    private static final Duration SPAN = Duration.ofSeconds(1);

    private final Topologies topologies;
    private final KGroupedStream<String, byte[]> grouped;

    Windows(Topologies topologies) {
        this.topologies = topologies;
        grouped = topologies.records().groupByKey(Grouped.with(Topologies.TEXT, Topologies.BYTES));
    }

    void tumbling() {
        var counts = grouped.windowedBy(TimeWindows.ofSizeWithNoGrace(WINDOW)).count(Materialized.as("counts"));
        topologies.writeCounts(counts.toStream(), windowed(WINDOW));
    }

    void session() {
        var counts =
            grouped.windowedBy(SessionWindows.ofInactivityGapAndGrace(SPAN, SPAN)).count(Materialized.as("counts"));
        topologies.writeCounts(counts.toStream(), WindowedSerdes.sessionWindowedSerdeFrom(String.class));
    }

    void sliding() {
        var counts =
            grouped.windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(SPAN, SPAN)).count(Materialized.as("counts"));
        topologies.writeCounts(counts.toStream(), windowed(SPAN));
    }

    void suppressed() {
        var counts = grouped
            .windowedBy(TimeWindows.ofSizeWithNoGrace(CLOSING_WINDOW))
            .count(Materialized.as("counts"))
            .suppress(Suppressed.untilWindowCloses(BufferConfig.unbounded()).withName("closed"));
        topologies.writeCounts(counts.toStream(), windowed(CLOSING_WINDOW));
    }

    private static Serde<Windowed<String>> windowed(Duration size) {
        return WindowedSerdes.timeWindowedSerdeFrom(String.class, size.toMillis());
    }
}
