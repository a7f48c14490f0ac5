// Processors; `src/run/processors.rs` has the same. Each copies the headers before it changes them: in Kafka Streams the children
// of an operator share them.
package millstream.differential;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

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
}
