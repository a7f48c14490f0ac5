package millstream.rival;

import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** A join with a plain key-value store, by two processors, as in {@code topologies/lookup.rs}. */
final class Lookup {
    private Lookup() {}

    static void build(Topologies topologies) {
        boolean inMemory = topologies.job.get("store").equals("memory");
        var supplier = inMemory ? Stores.inMemoryKeyValueStore("rows") : Stores.persistentKeyValueStore("rows");
        topologies.builder.addStateStore(
            Stores.keyValueStoreBuilder(supplier, Topologies.TEXT, Topologies.BYTES));
        topologies.builder
            .stream(topologies.job.get("rows"), Consumed.with(Topologies.TEXT, Topologies.BYTES))
            .process(Keep::new, "rows");
        topologies.write(topologies.records().process(LookUp::new, "rows"));
    }

    /** Keeps the last row of each key. */
    private static final class Keep extends ContextualProcessor<String, byte[], Void, Void> {
        private KeyValueStore<String, byte[]> rows;

        @Override
        public void init(ProcessorContext<Void, Void> context) {
            super.init(context);
            rows = context.getStateStore("rows");
        }

        @Override
        public void process(Record<String, byte[]> record) {
            rows.put(record.key(), record.value());
        }
    }

    /** Forwards each record with the row of its key. */
    private static final class LookUp extends ContextualProcessor<String, byte[], String, byte[]> {
        private KeyValueStore<String, byte[]> rows;

        @Override
        public void init(ProcessorContext<String, byte[]> context) {
            super.init(context);
            rows = context.getStateStore("rows");
        }

        @Override
        public void process(Record<String, byte[]> record) {
            byte[] row = rows.get(record.key());
            if (row != null) {
                context().forward(record.withValue(Topologies.joined(record.value(), row)));
            }
        }
    }
}
