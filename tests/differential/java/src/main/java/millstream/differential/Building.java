// Builds the topology of a program: an arm for each operator.
package millstream.differential;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyConfig;
import org.apache.kafka.streams.kstream.Branched;
import org.apache.kafka.streams.kstream.BranchedKStream;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.GlobalKTable;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.kstream.ValueJoiner;
import org.apache.kafka.streams.kstream.internals.NamedInternal;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorSupplier;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;

final class Building {
    private final StreamsBuilder builder;
    private final List<Built> built = new ArrayList<>();

    private Building(Properties settings) {
        builder = new StreamsBuilder(new TopologyConfig(new StreamsConfig(settings)));
    }

    static Topology topology(JsonNode program, Properties settings) {
        var building = new Building(settings);
        for (JsonNode node : program.path("nodes")) {
            building.built.add(building.operator(node));
        }
        return building.builder.build(settings);
    }

    /** What the operator takes as its first or second input. */
    private Built from(JsonNode node, int place) {
        return built.get(node.path("from").get(place).asInt());
    }

    private List<Built> groups(JsonNode node) {
        List<Built> groups = new ArrayList<>();
        node.path("from").forEach(from -> groups.add(built.get(from.asInt())));
        return groups;
    }

    static String name(JsonNode node) {
        return node.path("name").textValue();
    }

    static Named named(JsonNode node) {
        return name(node) == null ? NamedInternal.empty() : Named.as(name(node));
    }

    private Built operator(JsonNode node) {
        String operator = node.path("op").asText();
        return switch (operator) {
            case "stream" -> Built.text(builder.stream(node.path("topic").asText(), consumed(node)));
            case "table" -> Built.text(builder.table(node.path("topic").asText(), consumed(node),
                    Tables.materialized(node.path("store"), Built.TEXT, Built.TEXT)));
            case "global_table" -> Built.text(builder.globalTable(node.path("topic").asText(), consumed(node),
                    Tables.materialized(node.path("store"), Built.TEXT, Built.TEXT)));
            case "join_global", "left_join_global" -> joinGlobal(node, from(node, 0), from(node, 1));
            case "merge" -> from(node, 0).with(from(node, 0).stream().merge(from(node, 1).stream(), named(node)));
            case "branch" -> from(node, 0).with(from(node, 0).branches().get(node.path("place").asInt()));
            case "join", "left_join" -> join(node, from(node, 0), from(node, 1));
            case "join_stream", "left_join_stream", "outer_join_stream" ->
                    StreamJoins.byTime(node, from(node, 0), from(node, 1));
            case "table_join", "table_left_join", "table_outer_join", "join_foreign", "left_join_foreign" ->
                    Tables.join(node, from(node, 0), from(node, 1));
            case "cogroup" -> Cogroups.cogroup(node, groups(node));
            case "cogroup_aggregate" -> Cogroups.aggregate(node, from(node, 0));
            case "windowed_by", "count", "reduce", "aggregate" -> Aggregates.operator(node, from(node, 0));
            case "table_filter", "table_filter_not", "table_map_values", "suppress", "table_group_by",
                    "table_process_values", "to_stream" ->
                    Tables.operator(node, from(node, 0));
            default -> ofStream(node, operator, from(node, 0), from(node, 0).stream());
        };
    }

    private static Consumed<Object, Object> consumed(JsonNode node) {
        return Consumed.with(Built.TEXT, Built.TEXT).withName(name(node));
    }

    private static Built ofStream(JsonNode node, String operator, Built from, KStream<Object, Object> stream) {
        return switch (operator) {
            case "filter" -> from.with(stream.filter(Functions.predicate(node.path("predicate")), named(node)));
            case "filter_not" -> from.with(stream.filterNot(Functions.predicate(node.path("predicate")), named(node)));
            case "map_values" -> from.withValues(
                    stream.mapValues(Functions.ofRecord(node.path("function")), named(node)), Built.TEXT);
            case "try_map_values" -> from.with(stream.mapValues(Functions::upperUnlessD, named(node)));
            case "map" -> Built.text(map(node, stream));
            case "flat_map" -> Built.text(flatMap(node, stream));
            case "flat_map_values" -> from.with(stream.flatMapValues(Functions::words, named(node)));
            case "select_key" -> Built.text(stream.selectKey(Functions.ofKey(node.path("key")), named(node)));
            case "peek" -> from.with(stream.peek((key, value) -> {}, named(node)));
            case "split" -> from.with(split(node, stream));
            case "repartition" -> from.with(stream.repartition(repartitioned(node, from)));
            case "process_headers" -> Built.text(process(node, stream, Processors.AddHeader::new));
            case "process_times" -> Built.text(process(node, stream, Processors.ShiftTime::new));
            case "process_values" -> from.with(processValues(node, stream));
            case "process_lru" -> Built.text(process(node, stream, new Processors.Previous.Supplier(node.path("map").asText())));
            case "process_wall_clock" -> {
                long interval = node.path("interval_ms").asLong();
                yield Built.text(process(node, stream, () -> new Processors.CountByWallClock(interval)));
            }
            case "to" -> {
                stream.to(node.path("topic").asText(), Produced.with(from.keys(), from.values()));
                yield null;
            }
            case "group_by_key" -> from.with(stream.groupByKey(grouped(node, from)));
            case "group_by" -> Built.text(stream.groupBy(Functions.ofKey(node.path("key")), grouped(node, from)));
            case "to_table" -> from.with(stream.toTable(named(node),
                    Tables.materialized(node.path("store"), from.keys(), from.values())));
            default -> throw new IllegalArgumentException("no such operator: " + operator);
        };
    }

    private static KStream<Object, Object> map(JsonNode node, KStream<Object, Object> stream) {
        var key = Functions.ofKey(node.path("key"));
        var value = Functions.ofRecord(node.path("value"));
        return stream.map((old, of) -> new org.apache.kafka.streams.KeyValue<>(key.apply(old, of), value.apply(old, of)),
                named(node));
    }

    private static KStream<Object, Object> flatMap(JsonNode node, KStream<Object, Object> stream) {
        var key = Functions.ofKey(node.path("key"));
        return stream.flatMap((old, value) -> Functions.words(value).stream()
                .map(word -> new org.apache.kafka.streams.KeyValue<>(key.apply(old, word), word))
                .toList(), named(node));
    }

    private static List<KStream<Object, Object>> split(JsonNode node, KStream<Object, Object> stream) {
        List<KStream<Object, Object>> branches = new ArrayList<>();
        BranchedKStream<Object, Object> split =
                name(node) == null ? stream.split() : stream.split(Named.as(name(node) + "-"));
        int place = 0;
        for (JsonNode predicate : node.path("predicates")) {
            split = split.branch(Functions.predicate(predicate),
                    Branched.<Object, Object>withConsumer(branches::add, String.valueOf(place)));
            place += 1;
        }
        split.defaultBranch(Branched.<Object, Object>withConsumer(branches::add, "rest"));
        return branches;
    }

    private static KStream<Object, Object> process(
            JsonNode node, KStream<Object, Object> stream, ProcessorSupplier<Object, Object, Object, Object> supplier) {
        return name(node) == null ? stream.process(supplier) : stream.process(supplier, named(node));
    }

    private static KStream<Object, Object> processValues(JsonNode node, KStream<Object, Object> stream) {
        FixedKeyProcessorSupplier<Object, Object, Object> supplier = Processors.ForwardTwice::new;
        return name(node) == null ? stream.processValues(supplier) : stream.processValues(supplier, named(node));
    }

    private static Repartitioned<Object, Object> repartitioned(JsonNode node, Built from) {
        Repartitioned<Object, Object> repartitioned = Repartitioned.with(from.keys(), from.values());
        return name(node) == null ? repartitioned : repartitioned.withName(name(node));
    }

    private static Grouped<Object, Object> grouped(JsonNode node, Built from) {
        return Grouped.with(name(node), Built.TEXT, from.values());
    }

    /** A stream with a table. */
    private static Built join(JsonNode node, Built stream, Built table) {
        Joined<Object, Object, Object> joined =
                Joined.with(stream.keys(), stream.values(), table.values(), name(node));
        if (node.hasNonNull("grace_ms")) {
            joined = joined.withGracePeriod(Duration.ofMillis(node.path("grace_ms").asLong()));
        }
        return stream.with(node.path("op").asText().equals("join")
                ? stream.stream().join(table.table(), Functions::pair, joined)
                : stream.stream().leftJoin(table.table(), Functions::pair, joined));
    }

    /** A stream with a global table. */
    @SuppressWarnings("unchecked")
    private static Built joinGlobal(JsonNode node, Built stream, Built table) {
        var global = (GlobalKTable<Object, Object>) table.result();
        // The key is not computed for a null value.
        var key = Functions.ofKey(node.path("key"));
        ValueJoiner<Object, Object, Object> pair = Functions::pair;
        return stream.with(node.path("op").asText().equals("join_global")
                ? stream.stream().join(global, key, pair, named(node))
                : stream.stream().leftJoin(global, key, pair, named(node)));
    }
}
