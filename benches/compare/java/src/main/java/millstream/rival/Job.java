package millstream.rival;

import java.util.HashMap;
import java.util.Map;

/** The job of a contender: pairs of {@code --name value}, the same for every contender. */
record Job(Map<String, String> settings) {
    static Job parse(String[] arguments) {
        if (arguments.length % 2 != 0) {
            throw new IllegalArgumentException("the arguments are pairs of --name and value");
        }
        Map<String, String> settings = new HashMap<>();
        for (int at = 0; at < arguments.length; at += 2) {
            settings.put(arguments[at].replaceFirst("^--", ""), arguments[at + 1]);
        }
        return new Job(settings);
    }

    String get(String name) {
        String value = settings.get(name);
        if (value == null) {
            throw new IllegalArgumentException("--" + name + " is missing");
        }
        return value;
    }
}
