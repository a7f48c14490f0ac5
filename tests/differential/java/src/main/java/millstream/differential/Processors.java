// Processors; `src/run/processors.rs` has the same. Each copies the headers before it changes them: in Kafka Streams the children
// of an operator share them.
package millstream.differential;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.kstream.ValueTransformerWithKey;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

final class Processors {
    private Processors() {}

    static final class AddHeader extends ContextualProcessor<Object, Object, Object, Object> {
        @Override
        public void process(Record<Object, Object> record) {
            var headers = new RecordHeaders(record.headers());
            if (hasValue(headers)) {
                headers.remove("seen");
            } else {
                String value = record.value() == null ? "" : Functions.text(record.value());
                headers.add("seen", value.getBytes(StandardCharsets.UTF_8));
            }
            context().forward(record.withHeaders(headers));
        }

        private static boolean hasValue(RecordHeaders headers) {
            return headers.lastHeader("seen") != null && headers.lastHeader("seen").value() != null;
        }
    }

    static final class ShiftTime extends ContextualProcessor<Object, Object, Object, Object> {
        @Override
        public void process(Record<Object, Object> record) {
            int length = record.value() == null ? 0 : Functions.text(record.value()).length();
            long shift = length % 2 == 0 ? length * 1000L : -500;
            context().forward(record.withTimestamp(Math.max(0, record.timestamp() + shift)));
        }
    }

    static final class ForwardTwice extends ContextualFixedKeyProcessor<Object, Object, Object> {
        @Override
        public void process(FixedKeyRecord<Object, Object> record) {
            context().forward(record);
            if (record.value() != null && Functions.text(record.value()).length() % 2 == 1) {
                context().forward(record.withValue((Object) "again").withTimestamp(record.timestamp() + 10));
            }
        }
    }

    static final class CountByWallClock extends ContextualProcessor<Object, Object, Object, Object> {
        private final Duration interval;
        private long count;

        CountByWallClock(long intervalMs) {
            interval = Duration.ofMillis(intervalMs);
        }

        @Override
        public void init(ProcessorContext<Object, Object> context) {
            super.init(context);
            context.schedule(interval, PunctuationType.WALL_CLOCK_TIME, time -> {
                context.forward(new Record<>("a", String.valueOf(count), time));
                count = 0;
            });
        }

        @Override
        public void process(Record<Object, Object> record) {
            count += 1;
            context().forward(record);
        }
    }

    /** Forwards the previous value of the key, and keeps this one; a null value is removed. */
    static final class Previous extends ContextualProcessor<Object, Object, Object, Object> {
        private static final int ROWS_MAX = 2;

        private final String map;
        private KeyValueStore<Object, Object> store;

        private Previous(String map) {
            this.map = map;
        }

        @Override
        public void init(ProcessorContext<Object, Object> context) {
            super.init(context);
            store = context.getStateStore(map);
        }

        @Override
        public void process(Record<Object, Object> record) {
            if (record.key() == null) {
                return;
            }
            Object before = store.get(record.key());
            store.put(record.key(), record.value());
            context().forward(record.withValue(before));
        }

        record Supplier(String map) implements ProcessorSupplier<Object, Object, Object, Object> {
            @Override
            public Processor<Object, Object, Object, Object> get() {
                return new Previous(map);
            }

            @Override
            public Set<StoreBuilder<?>> stores() {
                return Set.of(Stores.keyValueStoreBuilder(Stores.lruMap(map, ROWS_MAX), Built.TEXT, Built.TEXT));
            }
        }
    }

    /** The value with the time of the change; null for one that begins with "c". */
    static final class WithTime implements ValueTransformerWithKey<Object, Object, Object> {
        private org.apache.kafka.streams.processor.ProcessorContext context;

        @Override
        public void init(org.apache.kafka.streams.processor.ProcessorContext context) {
            this.context = context;
        }

        @Override
        public Object transform(Object key, Object value) {
            String text = Functions.text(value);
            return text == null || text.startsWith("c") ? null : Functions.tail(text + "@" + context.timestamp());
        }

        @Override
        public void close() {}
    }
}
