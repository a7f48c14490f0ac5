// Kafka's serializers and deserializers by short names, and what they read as JSON.
package millstream.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.UUID;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.kstream.TimeWindowedDeserializer;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.state.internals.WindowKeySchema;

final class Formats {
    private Formats() {}

    /** The bytes that Kafka's serializer of this name makes of a value. */
    static byte[] write(String format, JsonNode value) {
        if (value.isNull() || value.isMissingNode()) {
            return null;
        }
        return switch (format) {
            case "string" -> Serdes.String().serializer().serialize("", value.asText());
            case "long" -> Serdes.Long().serializer().serialize("", value.asLong());
            case "integer" -> Serdes.Integer().serializer().serialize("", value.asInt());
            case "short" -> Serdes.Short().serializer().serialize("", (short) value.asInt());
            case "double" -> Serdes.Double().serializer().serialize("", value.asDouble());
            case "float" -> Serdes.Float().serializer().serialize("", (float) value.asDouble());
            case "boolean" -> Serdes.Boolean().serializer().serialize("", value.asBoolean());
            case "uuid" -> Serdes.UUID().serializer().serialize("", UUID.fromString(value.asText()));
            case "bytes" -> Serdes.ByteArray().serializer().serialize("", HexFormat.of().parseHex(value.asText()));
            default -> throw new IllegalArgumentException("no such format: " + format);
        };
    }

    /** What Kafka's deserializer of this name reads: `long`, or with a window's size behind it `windowed:10000`. */
    static JsonNode read(String format, byte[] bytes) {
        if (bytes == null) {
            return NullNode.getInstance();
        }
        String[] parts = format.split(":");
        return switch (parts[0]) {
            case "string" -> node(Serdes.String().deserializer().deserialize("", bytes));
            case "long" -> node(Serdes.Long().deserializer().deserialize("", bytes));
            case "integer" -> node(Serdes.Integer().deserializer().deserialize("", bytes));
            case "double" -> node(Serdes.Double().deserializer().deserialize("", bytes));
            case "uuid" -> node(Serdes.UUID().deserializer().deserialize("", bytes).toString());
            case "bytes" -> node(HexFormat.of().formatHex(bytes));
            case "windowed" -> windowed(windowed(Long.parseLong(parts[1]), bytes));
            case "window-store" -> stored(Long.parseLong(parts[1]), bytes);
            default -> throw new IllegalArgumentException("no such format: " + format);
        };
    }

    static ObjectNode windowed(Windowed<String> key) {
        return Server.JSON.createObjectNode()
                .put("key", key.key()).put("start", key.window().start()).put("end", key.window().end());
    }

    private static Windowed<String> windowed(long size, byte[] bytes) {
        try (var deserializer = new TimeWindowedDeserializer<>(new StringDeserializer(), size)) {
            return deserializer.deserialize("", bytes);
        }
    }

    /** A key as window stores and their changelogs have it, with a sequence number behind the window's start. */
    private static ObjectNode stored(long size, byte[] bytes) {
        var key = WindowKeySchema.fromStoreKey(bytes, size, new StringDeserializer(), new RecordHeaders(), "");
        return windowed(key).put("sequence", ByteBuffer.wrap(bytes).getInt(bytes.length - Integer.BYTES));
    }

    private static JsonNode node(Object value) {
        return Server.JSON.valueToTree(value);
    }
}
