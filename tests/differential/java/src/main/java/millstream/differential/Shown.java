// Bytes as text: printable ASCII as it is, anything else and the backslash as `\x` and two digits.
package millstream.differential;

final class Shown {
    private Shown() {}

    static String of(byte[] bytes) {
        if (bytes == null) {
            return null;
        }
        var text = new StringBuilder(bytes.length);
        for (byte value : bytes) {
            if (value >= ' ' && value <= '~' && value != '\\') {
                text.append((char) value);
            } else {
                text.append(String.format("\\x%02x", value & 0xff));
            }
        }
        return text.toString();
    }
}
