// `produce`: records written by Kafka's producer, and where each landed.
package millstream.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

final class Producing {
    private final Map<String, Object> settings;

    Producing(String bootstrap) {
        settings = Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap, ProducerConfig.LINGER_MS_CONFIG, 0);
    }

    /**
     * `records` to `topic`, each with `key` in the format `keys`, `value` as text, `timestamp` and `headers` (texts by
     * name), all of which may be absent. With a `transaction` they are one, which ends as it says: `commit` or `abort`.
     */
    void produce(JsonNode request, Consumer<ObjectNode> answers) throws Exception {
        var bytes = new ByteArraySerializer();
        String transaction = request.path("transaction").asText();
        var settings = new HashMap<>(this.settings);
        if (!transaction.isEmpty()) {
            settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, request.path("topic").asText());
        }
        try (var producer = new KafkaProducer<>(settings, bytes, bytes)) {
            if (!transaction.isEmpty()) {
                producer.initTransactions();
                producer.beginTransaction();
            }
            var keys = new ArrayList<byte[]>();
            var sent = new ArrayList<Future<RecordMetadata>>();
            for (JsonNode given : request.path("records")) {
                var record = record(request.path("topic").asText(), given);
                keys.add(record.key());
                sent.add(producer.send(record));
            }
            for (int index = 0; index < sent.size(); index++) {
                answers.accept(answer(keys.get(index), sent.get(index).get()));
            }
            switch (transaction) {
                case "commit" -> producer.commitTransaction();
                case "abort" -> producer.abortTransaction();
                default -> { }
            }
        }
    }

    private static ProducerRecord<byte[], byte[]> record(String topic, JsonNode given) {
        byte[] key = Formats.write(given.path("keys").asText("string"), given.path("key"));
        byte[] value = Formats.write("string", given.path("value"));
        Long timestamp = given.has("timestamp") ? given.path("timestamp").asLong() : null;
        var record = new ProducerRecord<>(topic, null, timestamp, key, value);
        given.path("headers").properties().forEach(header ->
                record.headers().add(header.getKey(), Formats.write("string", header.getValue())));
        return record;
    }

    private static ObjectNode answer(byte[] key, RecordMetadata landed) {
        return Server.JSON.createObjectNode()
                .put("key", key == null ? null : HexFormat.of().formatHex(key)).put("partition", landed.partition());
    }
}
