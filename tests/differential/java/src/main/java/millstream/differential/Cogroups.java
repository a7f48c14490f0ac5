// Several groups as one aggregate.
package millstream.differential;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.CogroupedKStream;
import org.apache.kafka.streams.kstream.Initializer;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.SessionWindowedCogroupedKStream;
import org.apache.kafka.streams.kstream.TimeWindowedCogroupedKStream;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.WindowStore;

final class Cogroups {
    private static final Initializer<Object> EMPTY = () -> "";

    private Cogroups() {}

    /** The groups, each with its aggregator. */
    static Built cogroup(JsonNode node, List<Built> groups) {
        CogroupedKStream<Object, Object> all = null;
        for (int place = 0; place < groups.size(); place += 1) {
            var add = Functions.aggregator(node.path("aggregators").get(place));
            var group = groups.get(place).grouped();
            all = all == null ? group.cogroup(add) : all.cogroup(group, add);
        }
        return Built.text(all);
    }

    /** By windows, too. */
    static Built windowedBy(JsonNode windows, Built from) {
        var cogrouped = cogrouped(from);
        var keys = Aggregates.keys(windows);
        return from.withKeys(switch (windows.path("kind").asText()) {
            case "session" -> cogrouped.windowedBy(Aggregates.sessions(windows));
            case "sliding" -> cogrouped.windowedBy(Aggregates.sliding(windows));
            case "unlimited" -> cogrouped.windowedBy(Aggregates.unlimited(windows));
            default -> cogrouped.windowedBy(Aggregates.time(windows));
        }, keys);
    }

    @SuppressWarnings("unchecked")
    static CogroupedKStream<Object, Object> cogrouped(Built from) {
        return (CogroupedKStream<Object, Object>) from.result();
    }

    @SuppressWarnings("unchecked")
    static Built aggregate(JsonNode node, Built from) {
        if (from.result() instanceof TimeWindowedCogroupedKStream<?, ?>) {
            var windows = (TimeWindowedCogroupedKStream<Object, Object>) from.result();
            return from.with(windows.aggregate(EMPTY, Cogroups.<WindowStore<Bytes, byte[]>>store(node)));
        }
        if (from.result() instanceof SessionWindowedCogroupedKStream<?, ?>) {
            var sessions = (SessionWindowedCogroupedKStream<Object, Object>) from.result();
            return from.with(sessions.aggregate(EMPTY, (key, soFar, other) -> Functions.merged(soFar, other),
                    Cogroups.<SessionStore<Bytes, byte[]>>store(node)));
        }
        return from.with(cogrouped(from).aggregate(EMPTY, Cogroups.<KeyValueStore<Bytes, byte[]>>store(node)));
    }

    private static <S extends StateStore> Materialized<Object, Object, S> store(JsonNode node) {
        return Tables.materialized(node.path("store"), Built.TEXT, Built.TEXT);
    }
}
