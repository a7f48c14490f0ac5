// `read`: everything that stands in a topic, read by Kafka's consumer and deserializers.
package millstream.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

final class Reading {
    private final String bootstrap;

    Reading(String bootstrap) {
        this.bootstrap = bootstrap;
    }

    /** The records of `topic`, with keys in the format `keys`, values in the format `values`, by `isolation`. */
    void read(JsonNode request, Consumer<ObjectNode> answers) {
        Map<String, Object> settings = Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG, request.path("isolation").asText("read_committed"));
        var bytes = new ByteArrayDeserializer();
        try (var consumer = new KafkaConsumer<>(settings, bytes, bytes)) {
            var partitions = consumer.partitionsFor(request.path("topic").asText()).stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition())).toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> answers.accept(answer(request, record)));
            }
        }
    }

    private static ObjectNode answer(JsonNode request, ConsumerRecord<byte[], byte[]> record) {
        var answer = Server.JSON.createObjectNode()
                .put("partition", record.partition()).put("offset", record.offset())
                .put("timestamp", record.timestamp());
        answer.set("key", Formats.read(request.path("keys").asText(), record.key()));
        answer.set("value", Formats.read(request.path("values").asText(), record.value()));
        var headers = answer.putArray("headers");
        record.headers().forEach(header ->
                headers.addArray().add(header.key()).add(Formats.read("string", header.value())));
        return answer;
    }
}
