// Runs programs: each line of standard input is one as JSON, and is answered by a line with its outcome. Ends with its input.
// `docs/formats/differential.md` describes both.
package millstream.differential;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

public final class Main {
    static final ObjectMapper JSON = new ObjectMapper();

    private Main() {}

    public static void main(String[] arguments) throws Exception {
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var outcomes = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            outcomes.println(Running.run(JSON.readTree(line)));
            outcomes.flush();
        }
    }
}
