// The functions of operators, by name. `src/program/functions.rs` has the same functions.
package millstream.differential;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.streams.kstream.Predicate;
import org.apache.kafka.streams.kstream.Reducer;
import org.apache.kafka.streams.kstream.ValueMapperWithKey;
import org.apache.kafka.streams.kstream.KeyValueMapper;
import org.apache.kafka.streams.kstream.Aggregator;
import org.apache.kafka.streams.kstream.Windowed;

final class Functions {
    private Functions() {}

    /** A key or a value as text; of a windowed key also where its window begins. Null stays null. */
    static String text(Object of) {
        if (of instanceof Windowed<?> windowed) {
            return windowed.key() + "@" + windowed.window().start();
        }
        return of == null ? null : of.toString();
    }

    private static String orNull(String text) {
        return text == null ? "null" : text;
    }

    static String tail(String text) {
        return text.substring(Math.max(0, text.length() - 24));
    }

    static List<Object> words(Object value) {
        String text = text(value);
        return text == null ? List.of() : new ArrayList<>(List.of(text.split(" ", -1)));
    }

    /** In upper case; fails for a value that begins with "d". */
    static Object upperUnlessD(Object value) {
        String text = text(value);
        if (text != null && text.startsWith("d")) {
            throw new IllegalArgumentException("the value `" + text + "` begins with d");
        }
        return text == null ? null : text.toUpperCase(Locale.ROOT);
    }

    static Predicate<Object, Object> predicate(JsonNode name) {
        return switch (name.asText()) {
            case "value_is_null" -> (key, value) -> value == null;
            case "even_length" -> (key, value) -> value != null && text(value).length() % 2 == 0;
            case "long" -> (key, value) -> value != null && text(value).length() > 2;
            case "begins_with_a" -> (key, value) -> value != null && text(value).matches("(?s)[a13579].*");
            case "key_is_present" -> (key, value) -> key != null;
            case "key_is_b" -> (key, value) -> key != null && text(key).startsWith("b");
            default -> throw new IllegalArgumentException("no such predicate: " + name);
        };
    }

    static ValueMapperWithKey<Object, Object, Object> ofRecord(JsonNode name) {
        var ofRow = ofRow(name);
        return switch (name.asText()) {
            case "with_key" -> (key, value) -> ofRow.apply(key, value);
            case "null_at_c" -> (key, value) -> value == null || text(value).startsWith("c") ? null : ofRow.apply(key, value);
            default -> (key, value) -> value == null ? null : ofRow.apply(key, value);
        };
    }

    static ValueMapperWithKey<Object, Object, Object> ofRow(JsonNode name) {
        return switch (name.asText()) {
            case "upper" -> (key, value) -> text(value).toUpperCase(Locale.ROOT);
            case "twice" -> (key, value) -> tail(text(value) + text(value));
            case "length" -> (key, value) -> String.valueOf(text(value).length());
            case "with_key" -> (key, value) -> tail(orNull(text(key)) + ":" + orNull(text(value)));
            case "null_at_c" -> (key, value) -> text(value);
            default -> throw new IllegalArgumentException("no such function: " + name);
        };
    }

    static KeyValueMapper<Object, Object, Object> ofKey(JsonNode name) {
        return switch (name.asText()) {
            case "first" -> (key, value) -> value == null ? null : text(value).substring(0, Math.min(1, text(value).length()));
            case "parity" -> (key, value) ->
                    value == null ? text(key) : text(value).length() % 2 == 0 ? "even" : "odd";
            case "same" -> (key, value) -> text(key);
            case "doubled" -> (key, value) -> value == null || key == null ? null : tail(text(key) + text(key));
            default -> throw new IllegalArgumentException("no such function of keys: " + name);
        };
    }

    /** Of a window the next value may be null, and what there is so far too. */
    static Reducer<Object> reducer(JsonNode name) {
        return switch (name.asText()) {
            case "join" -> (soFar, next) -> tail(soFar + "," + orNull(text(next)));
            case "delete_at_c" -> (soFar, next) ->
                    orNull(text(next)).startsWith("c") ? null : tail(soFar + "," + orNull(text(next)));
            case "largest" -> (soFar, next) ->
                    text(soFar).compareTo(orNull(text(next))) >= 0 ? soFar : orNull(text(next));
            default -> throw new IllegalArgumentException("no such reducer: " + name);
        };
    }

    static boolean isNumber(JsonNode aggregator) {
        return aggregator.asText().equals("lengths");
    }

    static Aggregator<Object, Object, Object> aggregator(JsonNode name) {
        return switch (name.asText()) {
            case "lengths" -> (key, value, soFar) -> (Long) soFar + (value == null ? 0 : text(value).length());
            case "join" -> (key, value, soFar) -> tail(soFar + "," + key + orNull(text(value)));
            case "delete_at_c" -> (key, value, soFar) ->
                    orNull(text(value)).startsWith("c") ? null : tail(soFar + "," + key + orNull(text(value)));
            default -> throw new IllegalArgumentException("no such aggregator: " + name);
        };
    }

    /** Without a value that has left its group. */
    static Object without(Object soFar, Object gone) {
        return soFar instanceof Long sum ? (Object) (sum - text(gone).length()) : tail(soFar + "-" + text(gone));
    }

    /** Two sessions as one. */
    static Object merged(Object soFar, Object other) {
        return soFar instanceof Long sum
                ? (Object) (sum + (Long) other)
                : tail(orNull(text(soFar)) + "&" + orNull(text(other)));
    }

    static Object rowPair(Object value, Object row) {
        return tail(orNull(text(value)) + "+" + orNull(text(row)));
    }

    static Object pair(Object value, Object row) {
        return tail(text(value) + "+" + orNull(text(row)));
    }
}
