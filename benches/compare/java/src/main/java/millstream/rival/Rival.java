package millstream.rival;

import java.io.IOException;
import java.util.Properties;
import millstream.nexmark.Queries;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers.InMemoryDslStoreSuppliers;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers.RocksDBDslStoreSuppliers;

/** A Kafka Streams application that does one workload, or one query of NEXMark, until its standard input ends. */
public final class Rival {
    private Rival() {}

    public static void main(String[] arguments) throws IOException {
        Job job = Job.parse(arguments);
        Properties properties = properties(job);
        KafkaStreams streams = new KafkaStreams(topology(job, properties), properties);
        streams.setStateListener((now, before) -> {
            System.out.println("state=" + now);
            if (now == KafkaStreams.State.ERROR) {
                Runtime.getRuntime().halt(1);
            }
        });
        streams.setGlobalStateRestoreListener(new RestoreTeller());
        streams.start();
        // It ends with whoever started it.
        System.in.read();
        Runtime.getRuntime().halt(0);
    }

    private static Topology topology(Job job, Properties properties) {
        String workload = job.get("workload");
        if (Queries.has(workload)) {
            return Queries.of(workload, job.get("input"), job.get("rows"), job.get("output"), isInMemory(job));
        }
        return Topologies.of(job, properties);
    }

    private static boolean isInMemory(Job job) {
        return job.get("store").equals("memory");
    }

    private static Properties properties(Job job) {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, job.get("application"));
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, job.get("bootstrap"));
        properties.put(StreamsConfig.STATE_DIR_CONFIG, job.get("state-dir"));
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, "1");
        properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, "1");
        properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, job.get("commit-ms"));
        properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, job.get("cache-bytes"));
        properties.put(StreamsConfig.DSL_STORE_SUPPLIERS_CLASS_CONFIG,
            isInMemory(job) ? InMemoryDslStoreSuppliers.class : RocksDBDslStoreSuppliers.class);
        properties.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, job.get("task-idle-ms"));
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), job.get("linger-ms"));
        for (String extra : job.get("extra").split(",")) {
            if (!extra.isEmpty()) {
                properties.put(extra.substring(0, extra.indexOf('=')), extra.substring(extra.indexOf('=') + 1));
            }
        }
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        return properties;
    }
}
